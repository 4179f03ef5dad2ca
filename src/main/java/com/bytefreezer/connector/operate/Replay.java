package com.bytefreezer.connector.operate;

import com.bytefreezer.connector.config.ExportDefinition;
import com.bytefreezer.connector.config.Lane;
import com.bytefreezer.connector.config.Settings;
import com.bytefreezer.connector.cursor.Counts;
import com.bytefreezer.connector.cursor.History;
import com.bytefreezer.connector.cursor.History.Run;
import com.bytefreezer.connector.cursor.History.State;
import com.bytefreezer.connector.delivery.DeadLetterLine;
import com.bytefreezer.connector.delivery.DeadLetters;
import com.bytefreezer.connector.delivery.Deliveries;
import com.bytefreezer.connector.destination.DeliveryCamel;
import com.bytefreezer.connector.destination.NamedDestination;
import com.bytefreezer.connector.destination.StandardOutput;
import com.bytefreezer.connector.problem.ApiException;
import com.bytefreezer.connector.problem.ConnectorException;
import com.bytefreezer.connector.signs.Moment;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;
import org.apache.camel.CamelContext;
import org.apache.camel.ProducerTemplate;
import org.apache.camel.main.Main;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Delivers dead letters again, by the route of their destination and with its retries, as they are or made anew. After each batch it rewrites the
 * file without the accepted records: a crash loses nothing and repeats at most one batch, whose records keep their ids.
 * Safe for use by several threads; one replay of a lane at a time.
 */
public final class Replay {
    private static final Logger LOG = LoggerFactory.getLogger(Replay.class);

    private final Settings settings;
    private final DeadLetters deadLetters;
    private final Supplier<Optional<History>> history;
    private final Supplier<@Nullable CamelContext> running;
    private final Set<Lane> busy = ConcurrentHashMap.newKeySet();

    /**
     * The result of a replay.
     *
     * @param replayed records that the destination has accepted
     * @param failed requested records that stay dead letters
     * @param unmatched requested records that stay because the changed query does not select them
     * @param message the reason in one line; otherwise null
     */
    public record Result(
            long replayed,
            long failed,
            long unmatched,
            @Nullable String message) {}

    /** Makes other records of dead letters before they are sent. */
    interface Remaking {
        /** Sends them as they are. */
        Remaking NONE = lines -> new Remade(lines, 0, 0, null);

        Remade of(List<DeadLetterLine> lines);

        /** The most lines at a time. */
        default int atOnce() {
            return Integer.MAX_VALUE;
        }
    }

    /**
     * What is made of some dead letters.
     *
     * @param lines those to send
     * @param unmatched how many are not selected
     * @param failed how many cannot be made anew
     * @param why the reason in one line; null if none failed
     */
    record Remade(
            List<DeadLetterLine> lines,
            long unmatched,
            long failed,
            @Nullable String why) {}

    /**
     * Delivers dead letters as a run of their lane.
     *
     * @param history of runs, if there is one yet
     * @param running the routes, if they include the destinations; null: a replay starts its own
     */
    Replay(
            Settings settings,
            DeadLetters deadLetters,
            Supplier<Optional<History>> history,
            Supplier<@Nullable CamelContext> running) {
        this.settings = settings;
        this.deadLetters = deadLetters;
        this.history = history;
        this.running = running;
    }

    /** @param ids of the dead letters; empty for all of the lane */
    public Result replay(ExportDefinition export, Set<String> ids) throws Exception {
        return replay(export, ids, Remaking.NONE);
    }

    Result replay(ExportDefinition export, Set<String> ids, Remaking remaking) throws Exception {
        if (!busy.add(export.lane())) {
            throw ApiException.conflict(
                    "%s: a replay of its dead letters is under way already.".formatted(export.lane()));
        }
        try {
            CamelContext routes = running.get();
            if (routes != null) {
                return recorded(export, ids, remaking, routes);
            }
            Main camel = DeliveryCamel.prepare(
                    settings,
                    settings.routes().deliveryFiles(export.destination()),
                    Deliveries.ofDeadLetters(deadLetters),
                    new StandardOutput());
            try {
                CamelContext own = DeliveryCamel.init(camel);
                NamedDestination.addAll(own, settings, Set.of(export.destination()));
                camel.start();
                return recorded(export, ids, remaking, own);
            } finally {
                camel.stop();
            }
        } finally {
            busy.remove(export.lane());
        }
    }

    /** Removes dead letters, and lines that are not dead letters, for good. Returns the number. */
    public long discard(ExportDefinition export, Set<String> ids) {
        long discarded = 0;
        for (Path file : deadLetters.files(export.lane())) {
            List<DeadLetterLine> wanted = deadLetters.read(file).stream()
                    .filter(line -> Redelivery.isWanted(line, ids))
                    .toList();
            if (!wanted.isEmpty()) {
                deadLetters.replace(export.lane(), file, Redelivery.gone(wanted));
                discarded += wanted.size();
            }
        }
        return discarded;
    }

    private Result recorded(ExportDefinition export, Set<String> ids, Remaking remaking, CamelContext routes)
            throws Exception {
        Moment started = Moment.now();
        Result result;
        try (ProducerTemplate template = routes.createProducerTemplate()) {
            result = new Redelivery(settings, deadLetters, export, ids, remaking, template).all();
        }
        if (result.replayed() + result.failed() > 0) {
            record(export.lane(), started, result);
        }
        return result;
    }

    private void record(Lane lane, Moment started, Result result) {
        Counts counts = new Counts(result.replayed() + result.failed(), result.replayed(), 0, result.failed());
        try {
            history.get()
                    .ifPresent(runs -> runs.add(new Run(
                            lane,
                            started.time(),
                            started.end(),
                            State.REPLAYED,
                            0,
                            counts,
                            Map.of(),
                            false,
                            null,
                            result.message(),
                            Map.of())));
        } catch (ConnectorException e) {
            LOG.warn(
                    "export {}: {} The history lacks this replay; delivered records are not affected.",
                    lane,
                    e.getMessage());
        }
    }
}
