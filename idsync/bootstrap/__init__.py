"""The composition root: makes a configuration's source, store and targets concrete. No other package knows them all."""
