"""The one exception that means "the user can mend this", and what others say, in one line."""


class UserError(Exception):
    """Input that cannot be used: a file, a flag, a config value.

    Each problem is one line that says what is wrong, where, and what would be right. The commands
    print the lines to standard error and exit with status 2; there is no traceback.
    """

    def __init__(self, *problems: str):
        # A file's name may hold a line break; a problem is one line all the same.
        self.problems = tuple(
            problem.replace("\n", "\\n").replace("\r", "\\r") for problem in problems
        )
        super().__init__("\n".join(self.problems))


def first_line(error: Exception) -> str:
    """The first line of what an exception says, or its type where it says nothing."""
    return (str(error).strip() or type(error).__name__).splitlines()[0]
