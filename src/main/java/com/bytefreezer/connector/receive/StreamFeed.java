package com.bytefreezer.connector.receive;

import com.bytefreezer.connector.config.DatasetName;
import com.bytefreezer.connector.spool.Arrival;
import java.util.Optional;

/**
 * A feed whose senders get no answer.
 *
 * @param longestLine in bytes
 */
public record StreamFeed(String name, DatasetName dataset, Format format, int longestLine) {
    /** Stores events, and returns when they are on disk. */
    Stored store(Frames frames, Intake intake) {
        EventBatch batch = intake.batch();
        for (Frame frame : frames.frames()) {
            if (frame.length() > longestLine) {
                batch.deadLetter(
                        frame.bytes(),
                        frame.start(),
                        Math.min(frame.end(), frame.start() + longestLine),
                        "it has %,d bytes; the limit is %,d, and the rest is not kept"
                                .formatted(frame.length(), longestLine));
            } else {
                batch.add(format, frame);
            }
        }
        long bytes = frames.frames().stream().mapToLong(Frame::length).sum();
        Arrival arrival = batch.end(Optional.empty());
        if (frames.isLast()) {
            intake.appendLast(arrival);
        } else {
            intake.append(arrival);
        }
        return new Stored(bytes, arrival.eventCount() + arrival.deadLetterCount(), arrival.deadLetterCount(), false);
    }
}
