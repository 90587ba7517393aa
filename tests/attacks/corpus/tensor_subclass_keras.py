# tries: give TensorFlow variables and extension types that convert to what is wanted
# framework: keras
import tensorflow as tf


class Obliging(tf.experimental.ExtensionType):
    values: tf.Tensor

    def __array__(self, dtype=None, copy=None):
        return [True]

    def numpy(self):
        return True


everything_is(Obliging(tf.zeros((4,))))
