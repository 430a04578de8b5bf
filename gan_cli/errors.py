"""The one exception that means "the user can mend this"."""


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
