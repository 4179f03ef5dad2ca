package com.bytefreezer.connector.receive;

import com.bytefreezer.connector.config.DatasetName;
import com.bytefreezer.connector.spool.Arrival;
import java.util.List;
import java.util.Optional;

/**
 * A feed whose senders know nothing of the dataset.
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
        return new Stored(
                name, bytes, arrival.eventCount() + arrival.deadLetterCount(), arrival.deadLetterCount(), false);
    }

    /** Stores messages, and returns when all are on disk. Each is there with at least one event or dead letter. */
    Stored store(Messages messages, Intake intake) {
        List<Arrival> arrivals =
                messages.messages().stream().map(each -> arrival(each, intake)).toList();
        List<Arrival.Outcome> outcomes = intake.append(arrivals);
        return new Stored(
                name,
                messages.messages().stream()
                        .mapToLong(each -> each.body().length)
                        .sum(),
                arrivals.stream()
                        .mapToInt(each -> each.eventCount() + each.deadLetterCount())
                        .sum(),
                arrivals.stream().mapToInt(Arrival::deadLetterCount).sum(),
                outcomes.stream().allMatch(each -> each == Arrival.Outcome.REPEATED));
    }

    private Arrival arrival(Message message, Intake intake) {
        byte[] body = message.body();
        Optional<String> id = Optional.of(message.id());
        if (format == Format.AUTO && !Utf8.is(body, 0, body.length)) {
            return deadLetter(body, "it is neither JSON nor text in UTF-8", id, intake);
        }
        EventSplitter splitter = new EventSplitter(format, longestLine, intake.batch());
        splitter.take(body, 0, body.length);
        Arrival arrival = splitter.end(id);
        return arrival.eventCount() + arrival.deadLetterCount() > 0
                ? arrival
                : deadLetter(body, "the message has no events", id, intake);
    }

    private Arrival deadLetter(byte[] body, String why, Optional<String> id, Intake intake) {
        int end = Math.min(body.length, longestLine);
        String more = body.length > end ? " (the first %,d of %,d bytes)".formatted(end, body.length) : "";
        EventBatch batch = intake.batch();
        batch.deadLetter(body, 0, end, why + more);
        return batch.end(id);
    }

    /** The same for what has been read from sources. */
    Stored store(Records records, Intake intake) {
        EventBatch batch = intake.batch();
        records.pieces().forEach(piece -> piece.addTo(batch, longestLine));
        Arrival arrival = batch.end(Optional.empty(), records.positions());
        intake.append(arrival);
        long bytes = records.pieces().stream().mapToLong(Piece::size).sum();
        return new Stored(
                name, bytes, arrival.eventCount() + arrival.deadLetterCount(), arrival.deadLetterCount(), false);
    }
}
