"""The users of a pool: their names, attributes, passwords, groups, lists and imports."""
