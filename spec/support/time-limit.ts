/** A busy machine gives a spec a small part of its time: this limit is for one that never ends, not for one that is slow. */
jasmine.DEFAULT_TIMEOUT_INTERVAL = 120_000;
