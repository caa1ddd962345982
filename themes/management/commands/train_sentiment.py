"""`manage.py train_sentiment FILE [--out FOLDER]`: train the text model on a labelled CSV."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from themes.social.training import TrainingFileRefused, train_sentiment


class Command(BaseCommand):
    """Trains, measures on texts that were held out, and writes the artefact that SENTIMENT_MODEL can name."""

    help = "Train the text model on a CSV with the columns text and label (bearish, neutral, bullish)."

    def add_arguments(self, parser: CommandParser) -> None:
        """What to train on and where to write."""
        parser.add_argument("file", type=Path, help="CSV, UTF-8, with a header that names text and label")
        parser.add_argument("--out", type=Path, help="folder of the artefact; default: sentiment-model in VAR_DIR")
        parser.add_argument("--validation", type=Path, help="CSV to measure on; default: one fifth of FILE held out")
        parser.add_argument("--note", default="", help="where the texts are from and under which licence")

    def handle(self, *args: Any, **options: Any) -> None:
        """Print how well it did and where it lies."""
        out = options["out"] or Path(settings.VAR_DIR) / "sentiment-model"
        try:
            manifest = train_sentiment(options["file"], out, options["validation"], options["note"])
        except TrainingFileRefused as error:
            raise CommandError("\n".join(["nothing was trained:", *error.errors])) from None
        except OSError as error:
            raise CommandError(f"the artefact was not written: {error}") from None
        measured = manifest["validation"]
        self.stdout.write(f"trained on {manifest['labels_of_training']}, measured on {measured['n']:,} held-out texts")
        self.stdout.write(f"  majority           accuracy {measured['majority_accuracy']:.3f}")
        for name, title in (("lexicon", "lexicon"), ("lexicon_and_model", "lexicon and model")):
            one = measured[name]
            auc = "–" if one["auc"] is None else f"{one['auc']:.3f}"
            self.stdout.write(f"  {title:18} accuracy {one['accuracy']:.3f}, macro F1 {one['macro_f1']:.3f}, AUC {auc}")
        self.stdout.write(f"written to {out}; set SENTIMENT_MODEL to this folder to use it")
