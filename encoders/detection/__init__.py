"""Does a recording sound as if a generator of music had made it? A probability and its limits, never a verdict.

config     shapes and settings of training
network    SpecTTTra: spectral and temporal tokens
examples   a folder of real and generated music as windows
training   generators left out in turn, calibration, ONNX
detector   the trained file in use
"""
