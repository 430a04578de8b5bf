"""A listener that remembers, for the tests of long work."""

from gan_cli.listener import TRAINING, Listener


class Recording(Listener):
    """Keeps what it hears, and calls a function with the images shown at every report."""

    def __init__(self, on_report=lambda images_shown: None):
        self.messages, self.counts, self.over, self.reports = [], [], [], []
        self.on_report = on_report

    def message(self, text):
        self.messages.append(text)

    def progress(self, activity, done, total, detail=""):
        if activity == TRAINING:
            self.counts.append((done, total))

    def report(self, images_shown, values, images_per_second):
        self.reports.append((images_shown, values["generator_loss"]))
        self.on_report(images_shown)

    def done(self, activity):
        self.over.append(activity)
