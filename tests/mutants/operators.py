"""All operators: DeepCrime's 24, then the general ones."""

from __future__ import annotations

from tests.mutants import general, layers, optimizers, training
from tests.mutants.change import Operator

_ACTIVATIONS = ("relu", "tanh", "sigmoid", "σ", "activation", "linear", "softmax", "probabilit", "logistic unit")
_REDUCTIONS = ("mean", "sum", "average", "total", "max", "min", "number of", "share", "fraction", "likel", "largest")
DEEPCRIME = (
    Operator("TCL", "changed labels", training.changed_labels),
    Operator("TRD", "removed training data", training.removed_data),
    Operator("TUD", "unbalanced training data", training.unbalanced_data),
    Operator("TAN", "noise in training data", training.noisy_data),
    Operator("TCO", "overlapping classes", training.overlapping_classes),
    Operator("HBS", "another batch size", training.batch_size, ("batch",)),
    Operator("HLR", "another learning rate", optimizers.learning_rate, ("learning rate",)),
    Operator("HNE", "another number of epochs", training.rounds, ("epoch", "update", "step")),
    Operator("HDB", "no batches", training.no_batches, ("batch",)),
    Operator("ACH", "another activation", layers.activation, _ACTIVATIONS),
    Operator("ARM", "no activation", layers.no_activation, _ACTIVATIONS),
    Operator("AAL", "one more activation", layers.one_more_activation, ("relu", "activation", "bound", "negative")),
    Operator("RAW", "weight decay", optimizers.weight_decay, ("regulari", "decay")),
    Operator("RCW", "another weight decay", optimizers.other_weight_decay, ("regulari", "decay")),
    Operator("RRW", "no weight decay", optimizers.no_weight_decay, ("regulari", "decay")),
    Operator("RCD", "another rate of dropout", layers.dropout, ("dropout",)),
    Operator("RCP", "another patience", optimizers.patience, ("patience",)),
    Operator("WCI", "other initial weights", layers.initial_weights, ("initial", "start", "weights")),
    Operator("WAB", "a bias where there is none", layers.bias, ("bias",)),
    Operator("WRB", "no bias", layers.no_bias, ("bias",)),
    Operator("LCH", "another loss", optimizers.loss, ("loss", "entropy", "−ln p", "square", "absolute")),
    Operator("OCH", "another optimiser", optimizers.optimizer, ("optimi",)),
    Operator("OCG", "clipped gradients", optimizers.gradient_clipping, ("gradient", "clip")),
    Operator("VRM", "no validation data", optimizers.no_validation, ("validation",)),
)
GENERAL = (
    Operator("ARG", "swapped arguments", general.swapped_arguments),
    Operator("OBO", "off by one", general.off_by_one),
    Operator("ROP", "the opposite operation", general.operation),
    Operator("CMP", "another comparison", general.comparison),
    Operator("RED", "another reduction", general.reduction, _REDUCTIONS),
    Operator("DEL", "a dropped statement", general.dropped_statement),
    Operator("ZGR", "gradients not set to zero", general.gradients_kept, ("zero", "accumulat")),
    Operator("AXI", "another axis", general.axis, ("axis", "axes", "row", "column", "batch", "channel", "over")),
    Operator("DET", "a gradient stopped, or not stopped", general.detached, ("detach", "gradient", "graph")),
    Operator("ORD", "another order of a step", general.order, ("zero", "order", "before", "after")),
    Operator("MOD", "training mode for inference mode, or the reverse", general.mode, ("mode", "eval", "training")),
)
OPERATORS = (*DEEPCRIME, *GENERAL)
