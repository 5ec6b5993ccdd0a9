"""The memory keeps its promises on both databases."""
