package com.bytefreezer.connector.spool;

import java.nio.file.Path;
import java.time.Instant;
import java.util.Optional;

/**
 * A part of a dataset's spool that does not change any more, until its pack is committed.
 *
 * @param number in the order of arrival
 * @param sealed when it got no further events; stays the same after a crash
 * @param identity different from that of any other segment of any machine
 * @param data the events as lines of JSON; empty if all are dead letters
 * @param deadLetters what was no event, as lines of JSON; empty for none
 */
public record SealedSegment(
        long number,
        Instant sealed,
        String identity,
        Optional<Path> data,
        long events,
        Optional<Path> deadLetters,
        long deadLetterCount) {}
