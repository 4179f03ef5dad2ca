package com.bytefreezer.connector.receive;

import com.bytefreezer.connector.problem.ConnectorException;
import com.bytefreezer.connector.problem.Failures;
import com.bytefreezer.connector.problem.Problem;
import com.bytefreezer.connector.spool.Arrival;
import com.bytefreezer.connector.spool.DatasetSpool;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.List;
import java.util.Map;

/** Where the events of a dataset arrive: its spool, and the {@link Shape} of all its events. Safe for use by several threads. */
public final class Intake {
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
        Shape shape = Shape.of(spool.shape());
        EventReader reader = new EventReader(shape, 0);
        for (Path file : spool.unpacked()) {
            // Bytes as they are, whatever they mean.
            try (BufferedReader lines = Files.newBufferedReader(file, StandardCharsets.ISO_8859_1)) {
                for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                    learn(reader, line.getBytes(StandardCharsets.ISO_8859_1));
                }
            } catch (IOException e) {
                throw new ConnectorException(
                        "spool %s: it cannot be read (%s).".formatted(file, Failures.describe(e)),
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
        lines.forEach(line -> learn(reader, line.getBytes(StandardCharsets.UTF_8)));
        return all.columns();
    }

    /** Over a spool without events, of a dataset whose events had this shape before. */
    public static Intake ofNew(DatasetSpool spool, Shape shape) {
        return new Intake(spool, shape, Clock.systemUTC());
    }

    private static void learn(EventReader reader, byte[] line) {
        try {
            reader.learn(line);
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
        return spool.append(arrival);
    }

    /** As {@link DatasetSpool#append(List)}. */
    public List<Arrival.Outcome> append(List<Arrival> arrivals) {
        return spool.append(arrivals);
    }

    /** As {@link DatasetSpool#appendLast}. */
    public Arrival.Outcome appendLast(Arrival arrival) {
        return spool.appendLast(arrival);
    }

    public DatasetSpool spool() {
        return spool;
    }

    public Shape shape() {
        return shape;
    }
}
