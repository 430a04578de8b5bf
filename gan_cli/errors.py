"""The one exception that means "the user can mend this"."""


class UserError(Exception):
    """Input that cannot be used: a file, a flag, a config value.

    Each problem is one line that says what is wrong, where, and what would be right. The commands
    print the lines to standard error and exit with status 2; there is no traceback.
    """

    def __init__(self, *problems: str):
        super().__init__("\n".join(problems))
        self.problems = problems
