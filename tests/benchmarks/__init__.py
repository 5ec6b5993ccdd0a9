"""Speed and memory, measured side by side with named alternatives; only ratios inside one run mean anything."""
