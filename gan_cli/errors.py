"""The exception that means "the user can mend this", and one-line forms of other exceptions."""


class UserError(Exception):
    """Input that cannot be used: an argument, a file, a config value.

    Each problem is one line that says what is wrong, where, and what would be right. The commands
    print the lines to standard error and exit with status 2; there is no traceback.

    Attributes:
      problems: the lines, without line breaks inside.
      key: name of the argument or request field that is wrong, or None where a problem names its
        own place, such as a file or a key of the config. The commands show it as a flag.
    """

    def __init__(self, *problems: str, key: str | None = None):
        # A file's name may hold a line break; a problem is one line all the same.
        self.problems = tuple(
            problem.replace("\n", "\\n").replace("\r", "\\r") for problem in problems
        )
        self.key = key
        prefix = f"{key}: " if key else ""
        super().__init__("\n".join(prefix + problem for problem in self.problems))


def first_line(error: BaseException) -> str:
    """Returns the first line of an exception's text, or its type's name where it has no text."""
    return (str(error).strip() or type(error).__name__).splitlines()[0]
