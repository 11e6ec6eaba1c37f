"""The command line: each command opens what it needs, calls a module's verb, and says what came of it."""
