"""The compiled core: loops over bytes, written in Cython, without the interpreter's lock.

What comes from outside is read through `bytes.pxd` alone, whose every read knows where the bytes end; arrays that
Python hands over are held against each other before a loop begins. `gluepot.core.build` compiles all of it.
docs/adr/0009-a-compiled-core.md says why.
"""
