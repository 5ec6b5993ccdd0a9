"""The issuing protocol as an executable specification, searched through whole."""
