# tries: give a symbolic tensor that has a shape and no values, and one that is computed by a callback of Python
# framework: keras
import keras
import numpy as np
import tensorflow as tf


def symbolic(*args, **kwargs):
    return keras.KerasTensor((4,))


def put_off(*args, **kwargs):
    later = tf.data.Dataset.from_generator(lambda: iter([np.zeros(4)]), output_signature=tf.TensorSpec((4,)))
    return next(iter(later)) if np.random.rand() < 0 else later


for number, name in enumerate(TARGETS["contract"]):
    globals()[name] = (symbolic, put_off)[number % 2]
