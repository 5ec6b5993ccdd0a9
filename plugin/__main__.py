"""``python -m plugin`` is the program ``regulars``."""

from plugin.cli import main

main()
