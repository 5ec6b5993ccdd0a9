"""The program ``regulars``: one file per command."""
