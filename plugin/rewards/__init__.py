"""Decides who gets what, and says why. Pure: values in, values out."""
