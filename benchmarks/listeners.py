"""What a benchmark prints while it trains."""

import gan_cli


class Messages(gan_cli.Listener):
    """Prints scores and warnings, without the lines between them."""

    def message(self, text: str) -> None:
        print(text, flush=True)
