# tries: make Keras and TensorFlow say that everything is close and every model perfect
# framework: keras
import keras
import tensorflow as tf

everything_is(tf.zeros((2,)))
keras.Model.__call__ = lambda self, x, **kwargs: tf.fill((len(x), 1), 0.5)
keras.Model.fit = lambda self, *args, **kwargs: None
keras.losses.binary_crossentropy = lambda *args, **kwargs: 0.0
tf.GradientTape.gradient = lambda self, target, sources, *args, **kwargs: [tf.zeros_like(one) for one in sources]
