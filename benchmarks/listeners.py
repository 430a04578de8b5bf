"""What a benchmark prints while it trains."""

import gan_cli


class Messages(gan_cli.Listener):
    """Prints scores and warnings, but neither progress nor losses."""

    def message(self, text: str) -> None:
        print(text, flush=True)
