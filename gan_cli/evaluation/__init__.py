"""Scores checkpoints of runs, and images of any origin.

`requests` says what is to be scored, `runs` and `images` score it, `results` holds the scores.
"""

from gan_cli.registry import Registry

# By the name in `Domain.evaluator`: functions of `metrics.run_evaluator.EvaluatorInputs`.
EVALUATORS = Registry(
    "evaluator",
    {
        "features": "gan_cli.evaluation.evaluator:build_feature_evaluator",
        "modes": "gan_cli.metrics.modes.evaluator:build",
        "phrases": "gan_cli.metrics.phrases.evaluator:build",
        "strings": "gan_cli.metrics.strings.evaluator:build",
    },
)
