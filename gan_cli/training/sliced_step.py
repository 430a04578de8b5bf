"""The training step with gradient accumulation: the batch of each update is taken in slices.

It makes the same update as `TrainStep`, to rounding, in the memory of one slice. Real images and
labels are dealt out; random numbers are drawn for the whole batch and dealt out alike. Terms that
compare images are taken on the discriminator's outputs for the whole batch: a first pass gathers
these, and the second one carries the terms' gradients with respect to them on to the weights. Batch
normalisation and other layers that look at a batch see one slice at a time.
"""

import dataclasses
import functools
from collections.abc import Callable
from typing import Any

import tensorflow as tf

from gan_cli import replicas
from gan_cli.models.contract import LOGITS, before_update, draw_anew
from gan_cli.training.inputs import GENERATOR_PENALTY, fold, with_labels
from gan_cli.training.objective import LazyPenalty
from gan_cli.training.sides import (
    Gradients,
    Seen,
    Side,
    WholeTerms,
    added,
    compare,
    stands_alone,
)
from gan_cli.training.slices import Slicing
from gan_cli.training.step import Reals, TrainStep
from gan_cli.training.step_losses import (
    DISCRIMINATOR_LOSS,
    GENERATOR_TERM,
    Batch,
    Report,
    Verdict,
)


@dataclasses.dataclass(frozen=True)
class _Found:
    """What an update needs: the terms and gradients of each side.

    Attributes:
      logits: those of real and of generated images.
    """

    terms: list[Report]
    gradients: list[Gradients]
    logits: list[tf.Tensor]


class SlicedStep(TrainStep):
    """A `TrainStep` that takes the batch of each update in `slices` slices."""

    def __init__(self, *args: Any, slices: int, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.slices = slices

    def update_alternately(self, batches: list[Reals], seed: tf.Tensor) -> Report:
        """Updates the discriminator, then the generator through the updated discriminator."""
        state, fresh = self.state, self.objective.fresh_generator_batch
        own = batches if fresh and not self.objective.generator_has_reals else batches[1:]
        for number, reals in enumerate(own, start=1):
            own_seed = fold(seed, GENERATOR_PENALTY + number)
            report = self.learn_from(reals, own_seed, adapts=fresh and number == len(own))
            draw_anew(state.generator)
        if not fresh:
            report = self.learn_from(batches[0], seed)
        found = self._in_slices(batches[0], seed, [self._generator_side()])
        return report | found.terms[0] | self.move_generator(found.gradients[0])

    def learn_from(self, reals: Reals, seed: tf.Tensor, adapts: bool = True) -> Report:
        """Makes one update of the discriminator; see `TrainStep.update_discriminator`."""
        before_update(self.state.discriminator, self.state.images_shown)
        found = self._in_slices(reals, seed, [self._discriminator_side()])
        return self._move_discriminator(found, seed, adapts)

    def update_simultaneously(
        self, real: tf.Tensor, real_labels: tf.Tensor | None, seed: tf.Tensor
    ) -> Report:
        """Updates both networks by gradients at the same weights, from one pass of each network."""
        before_update(self.state.discriminator, self.state.images_shown)
        sides = [self._discriminator_side(), self._generator_side()]
        found = self._in_slices((real, real_labels), seed, sides)
        report = self._move_discriminator(found, seed, adapts=True)
        return report | found.terms[1] | self.move_generator(found.gradients[1])

    def judge_held_out(self, seed: tf.Tensor) -> tf.Tensor:
        """Returns the logits of a batch of held-out images, shown like real ones."""
        part = self.losses.batch_size // replicas.count()
        _, logits = self._slicing(part, self.objective.pack).each(
            lambda: ((), self.losses.judge_held_out(seed))
        )
        return logits

    def _move_discriminator(self, found: _Found, seed: tf.Tensor, adapts: bool) -> Report:
        penalties = dict(found.terms[0])
        loss, (real, fake) = penalties.pop(DISCRIMINATOR_LOSS), found.logits
        verdict = Verdict({LOGITS: real}, {LOGITS: fake}, loss, penalties)
        return self.move_discriminator(found.gradients[0], verdict, seed, adapts)

    def _discriminator_side(self) -> Side:
        state, objective = self.state, self.objective
        return Side(
            state.discriminator,
            state.discriminator_optimizer,
            objective.loss,
            objective.penalties,
            self.losses.discriminator_terms,
        )

    def _generator_side(self) -> Side:
        state, objective = self.state, self.objective
        return Side(
            state.generator,
            state.generator_optimizer,
            objective.loss,
            objective.generator_penalties,
            self.losses.generator_terms,
        )

    def _slicing(self, images: int, together: int) -> Slicing:
        return Slicing(self.slices, images // self.slices, together)

    def _in_slices(self, reals: Reals, seed: tf.Tensor, sides: list[Side]) -> _Found:
        """Finds what the sides' update needs; both sides learn simultaneously."""
        state, losses, (real, real_labels) = self.state, self.losses, reals
        slicing = self._slicing(real.shape[0], self.objective.pack)
        networks = [side.network for side in sides]
        learns = any(network is state.discriminator for network in networks)
        generates = any(network is state.generator for network in networks)
        buffers = [variable for side in sides for variable in side.buffers]
        deviation = None
        if self.objective.needs_real_deviation:
            deviation = replicas.standard_deviation(losses.packed_reals(real))

        def show() -> tuple[Batch, Seen]:
            """Passes a slice through both networks."""
            labels = replicas.dealt(real_labels)
            latents, fake_labels = self.generator_inputs(labels, seed)
            inputs = with_labels(latents, fake_labels)
            if generates:
                fake = losses.generator_passes.learn(inputs)
            else:
                fake = tf.stop_gradient(losses.generator_passes.forward(inputs))
            batch = losses.packed(
                Batch(replicas.dealt(real), fake, labels, fake_labels, seed, deviation)
            )
            outputs = losses.learned(batch) if learns else losses.judged(batch)
            return batch, (batch.fake, *outputs)

        compared = self._compare(reals, seed, sides, slicing, show, buffers)

        def compute() -> tuple[Any, Any]:
            with tf.GradientTape(persistent=len(sides) > 1) as tape:
                batch, seen = show()
                terms = [side.terms(batch, *seen[1:], stands_alone) for side in sides]
                totals = [
                    tf.add_n([*([side.scaled(own)] if own else []), *whole.pulled(seen)])
                    for side, own, whole in zip(sides, terms, compared, strict=True)
                ]
            gradients = [
                tape.gradient(total, side.weights)
                for total, side in zip(totals, sides, strict=True)
            ]
            return (gradients, terms), [outputs[LOGITS] for outputs in seen[1:]]

        (gradients, terms), logits = slicing.each(compute, buffers)
        found = _Found([], [], logits)
        for side, own, own_gradients, whole in zip(sides, terms, gradients, compared, strict=True):
            means = {name: total / self.slices for name, total in own.items()}
            measured = self._measure(reals, seed, side)
            found.terms.append(means | whole.terms | measured.terms)
            found.gradients.append(
                replicas.total(
                    [
                        added(added(one, other), third)
                        for one, other, third in zip(
                            own_gradients, whole.gradients, measured.gradients, strict=True
                        )
                    ]
                )
            )
        return found

    def _compare(
        self,
        reals: Reals,
        seed: tf.Tensor,
        sides: list[Side],
        slicing: Slicing,
        show: Callable[[], tuple[Batch, Seen]],
        buffers: list[tf.Variable],
    ) -> list[WholeTerms]:
        """Takes each side's terms that compare images, after a pass that gathers what they read.

        Args:
          show: passes a slice through the networks, which changes `buffers`.
        """
        if not any(side.compares for side in sides):
            return [WholeTerms.none(side) for side in sides]

        def look() -> tuple[Any, Any]:
            batch, seen = show()
            return (), (batch.fake_labels, seen)

        _, (fake_labels, seen) = slicing.each(look, buffers, keep=False)
        real, labels = reals
        batch = Batch(self.losses.packed_reals(real), seen[0], labels, fake_labels, seed)
        return [compare(side, batch, seen) for side in sides]

    def _measure(self, reals: Reals, seed: tf.Tensor, side: Side) -> WholeTerms:
        """Takes the generator's penalties that compare what each slice has measured."""
        found = WholeTerms.none(side)
        if side.network is not self.state.generator:
            return found
        for index, lazy in enumerate(side.penalties):
            if lazy.penalty.measure is None:
                continue
            own_seed = fold(seed, GENERATOR_PENALTY, index)
            value = functools.partial(self._measured, lazy, reals, seed, own_seed, side)
            if lazy.every > 1:
                nothing = [tf.constant(0.0), *(tf.zeros(w.shape, w.dtype) for w in side.weights)]
                taken = replicas.when(
                    self.state.step, lazy.every, 0, value, lambda nothing=nothing: nothing
                )
            else:
                taken = value()
            term, *gradients = taken
            terms = found.terms | {f"{GENERATOR_TERM}/{lazy.name}": term}
            found = WholeTerms(terms, [], list(map(added, found.gradients, gradients)))
        return found

    def _measured(
        self,
        lazy: LazyPenalty,
        reals: Reals,
        seed: tf.Tensor,
        own_seed: tf.Tensor,
        side: Side,
    ) -> list[tf.Tensor]:
        """Returns the weighted mean of a penalty that measures, and its gradient for each weight.

        Args:
          seed, own_seed: those of the update and of the penalty.
        """
        measure = lazy.penalty.measure
        assert measure is not None
        real, real_labels = reals
        # Of every two neighbours, one is measured.
        slicing = self._slicing(real.shape[0], 2)

        def lengths() -> tf.Tensor:
            _, labels = self.generator_inputs(replicas.dealt(real_labels), seed)
            return measure(self.losses.generator_update(own_seed, labels))

        _, whole = slicing.each(lambda: ((), lengths()))
        with tf.GradientTape() as tape:
            tape.watch(whole)
            update = dataclasses.replace(
                self.losses.generator_update(own_seed, None), memory=lazy.memory, measured=whole
            )
            term = self.losses.weighted(GENERATOR_TERM, lazy, update)
            total = side.scaled({lazy.name: term})
        pull = tape.gradient(total, whole)

        def compute() -> tuple[Any, Any]:
            with tf.GradientTape() as tape:
                pulled = tf.reduce_sum(replicas.dealt(pull) * lengths())
            zero = tf.UnconnectedGradients.ZERO
            gradients = tape.gradient(pulled, side.weights, unconnected_gradients=zero)
            return list(map(tf.convert_to_tensor, gradients)), ()

        gradients, _ = slicing.each(compute)
        return [term, *gradients]
