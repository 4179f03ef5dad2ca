package com.bytefreezer.connector.receive;

import com.bytefreezer.connector.problem.ConnectorException;
import com.bytefreezer.connector.problem.Failures;
import com.bytefreezer.connector.problem.Problem;
import com.bytefreezer.connector.spool.Arrival;
import com.bytefreezer.connector.spool.DatasetSpool;
import com.bytefreezer.connector.spool.LearnedShape;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.time.Clock;
import java.util.List;
import java.util.Map;

/** Where the events of a dataset arrive: its spool, and the {@link Shape} of all its events. Safe for use by several threads. */
public final class Intake {
    private static final int PIECE = 1 << 16;
    /** Bytes of events that are read again after a kill; about a second. */
    private static final long MOST_UNREAD = 64_000_000;
    /** So many bytes are read as soon as a file is replaced. */
    private static final long SOON_READ = 1_000_000;

    private final DatasetSpool spool;
    private final Shape shape;
    private final Clock clock;

    private Intake(DatasetSpool spool, Shape shape, Clock clock) {
        this.spool = spool;
        this.shape = shape;
        this.clock = clock;
    }

    /**
     * Reads what the spool still holds once more, to know its shape.
     *
     * @throws ConnectorException if it cannot be read
     */
    public static Intake open(DatasetSpool spool, Clock clock) {
        Shape shape = Shape.of(spool.shape()).widen(spool.learned().shape());
        EventReader reader = new EventReader(shape, 0);
        for (LearnedShape.Events each : spool.learned().unread()) {
            try {
                learn(reader, each);
            } catch (IOException e) {
                throw new ConnectorException(
                        "spool %s: it cannot be read (%s).".formatted(each.file(), Failures.describe(e)),
                        Problem.NOT_STARTED,
                        "Check the disk.",
                        e);
            }
        }
        return new Intake(spool, shape, clock);
    }

    /** The columns, with their types, of the events of a dataset.
     *
     * @param shape of its packed events
     * @param lines others, as the spool has them
     */
    public static Map<String, String> columns(String shape, List<String> lines) {
        Shape all = Shape.of(shape);
        EventReader reader = new EventReader(all, 0);
        for (String line : lines) {
            byte[] bytes = line.getBytes(StandardCharsets.UTF_8);
            learn(reader, bytes, bytes.length);
        }
        return all.columns();
    }

    private static void learn(EventReader reader, LearnedShape.Events events) throws IOException {
        try (InputStream all = Files.newInputStream(events.file())) {
            all.skipNBytes(events.from());
            Bytes line = new Bytes();
            byte[] piece = new byte[PIECE];
            for (long left = events.to() - events.from(); left > 0; ) {
                int size = all.readNBytes(piece, 0, (int) Math.min(left, piece.length));
                if (size == 0) {
                    throw new EOFException("it has lost its end");
                }
                left -= size;
                int at = 0;
                for (int i = 0; i < size; i++) {
                    if (piece[i] == '\n') {
                        line.write(piece, at, i - at);
                        learn(reader, line.array(), line.size());
                        line.reset();
                        at = i + 1;
                    }
                }
                line.write(piece, at, size - at);
            }
        }
    }

    private static void learn(EventReader reader, byte[] line, int length) {
        try {
            reader.learn(line, length);
        } catch (NotAnEventException e) {
            // Its pack makes it a dead letter.
        }
    }

    /** For what a sender sends now. */
    public EventBatch batch() {
        return new EventBatch(shape, clock.millis());
    }

    /**
     * As {@link DatasetSpool#append(Arrival)}.
     *
     * @param arrival from a {@link #batch} of this
     */
    public Arrival.Outcome append(Arrival arrival) {
        Arrival.Outcome outcome = spool.append(arrival);
        keepShape(MOST_UNREAD);
        return outcome;
    }

    /** As {@link DatasetSpool#append(List)}. */
    public List<Arrival.Outcome> append(List<Arrival> arrivals) {
        List<Arrival.Outcome> outcomes = spool.append(arrivals);
        keepShape(MOST_UNREAD);
        return outcomes;
    }

    /** As {@link DatasetSpool#appendLast}. */
    public Arrival.Outcome appendLast(Arrival arrival) {
        return spool.appendLast(arrival);
    }

    /** Before the process ends: the next one need not read much to know the shape. */
    void end() {
        keepShape(SOON_READ);
    }

    private void keepShape(long bytes) {
        spool.learned().keep(shape::stored, bytes);
    }

    public DatasetSpool spool() {
        return spool;
    }

    public Shape shape() {
        return shape;
    }
}
