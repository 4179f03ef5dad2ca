package com.bytefreezer.connector.operate;

import com.bytefreezer.connector.config.ExportDefinition;
import com.bytefreezer.connector.config.Lane;
import com.bytefreezer.connector.config.Settings;
import com.bytefreezer.connector.cursor.Counts;
import com.bytefreezer.connector.cursor.History;
import com.bytefreezer.connector.cursor.History.Run;
import com.bytefreezer.connector.cursor.History.State;
import com.bytefreezer.connector.delivery.Batch;
import com.bytefreezer.connector.delivery.Batch.Rejection;
import com.bytefreezer.connector.delivery.DeadLetter;
import com.bytefreezer.connector.delivery.DeadLetterLine;
import com.bytefreezer.connector.delivery.DeadLetters;
import com.bytefreezer.connector.delivery.Deliveries;
import com.bytefreezer.connector.destination.DeliveryCamel;
import com.bytefreezer.connector.destination.NamedDestination;
import com.bytefreezer.connector.destination.StandardOutput;
import com.bytefreezer.connector.problem.ApiException;
import com.bytefreezer.connector.problem.ConnectorException;
import com.bytefreezer.connector.problem.Failures;
import com.bytefreezer.connector.signs.Moment;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
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
 * Delivers dead letters again, by the route of their destination and with its retries. After each batch it rewrites the
 * file without the accepted records: a crash loses nothing and repeats at most one batch, whose records keep their ids.
 * Safe for use by several threads; one replay of a lane at a time.
 */
public final class Replay {
    private static final Logger LOG = LoggerFactory.getLogger(Replay.class);
    private static final String NOT_HERE =
            "A dead letter has only the size of its record, and stays. To deliver the record, raise the setting in its reason and replay its partition (--mode replay --from --to).";

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
     * @param message the reason in one line; otherwise null
     */
    public record Result(
            long replayed, long failed, @Nullable String message) {}

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
        if (!busy.add(export.lane())) {
            throw ApiException.conflict(
                    "%s: a replay of its dead letters is under way already.".formatted(export.lane()));
        }
        try {
            CamelContext routes = running.get();
            if (routes != null) {
                return recorded(export, ids, routes);
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
                return recorded(export, ids, own);
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
                    .filter(line -> isWanted(line, ids))
                    .toList();
            if (!wanted.isEmpty()) {
                deadLetters.replace(export.lane(), file, gone(wanted));
                discarded += wanted.size();
            }
        }
        return discarded;
    }

    private static Map<String, Optional<DeadLetter>> gone(List<DeadLetterLine> lines) {
        Map<String, Optional<DeadLetter>> instead = new HashMap<>();
        lines.forEach(line -> instead.put(line.digest(), Optional.empty()));
        return instead;
    }

    private Result recorded(ExportDefinition export, Set<String> ids, CamelContext routes) throws Exception {
        Moment started = Moment.now();
        Result result = replay(export, ids, routes);
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

    private Result replay(ExportDefinition export, Set<String> ids, CamelContext routes) throws Exception {
        long replayed = 0;
        long failed = 0;
        String message = null;
        try (ProducerTemplate template = routes.createProducerTemplate()) {
            for (Path file : deadLetters.files(export.lane())) {
                List<DeadLetterLine> lines = deadLetters.read(file);
                for (DeadLetterLine line : lines) {
                    if (sendable(line).isEmpty() && isWanted(line, ids)) {
                        failed++;
                        message = line.letter().isEmpty() ? line.problem() : NOT_HERE;
                    }
                }
                for (List<DeadLetterLine> part : parts(lines, ids)) {
                    Batch batch = DeadLetter.batch(
                            export.lane(),
                            part.stream()
                                    .flatMap(line -> line.letter().stream())
                                    .toList());
                    Exception failure = deliver(batch, export, template);
                    if (failure != null) {
                        // A failure of the destination affects the next batch too.
                        long left = countWanted(export, ids);
                        return new Result(replayed, left, Failures.describe(failure));
                    }
                    Map<String, Optional<DeadLetter>> instead = gone(part);
                    instead.putAll(refused(part, batch.rejections()));
                    deadLetters.replace(export.lane(), file, instead);
                    replayed += part.size() - batch.rejections().size();
                    failed += batch.rejections().size();
                    if (!batch.rejections().isEmpty()) {
                        message = batch.rejections().get(0).reason();
                    }
                }
            }
        }
        return new Result(replayed, failed, message);
    }

    /** The letters of a file that can be sent, in batches like those of exports; no batch has the same record twice. */
    private List<List<DeadLetterLine>> parts(List<DeadLetterLine> lines, Set<String> ids) {
        int most = settings.integer("schedule.batch-size");
        long mostBytes = settings.integer("delivery.max-batch-bytes");
        List<List<DeadLetterLine>> parts = new ArrayList<>();
        List<DeadLetterLine> part = List.of();
        Set<String> records = new HashSet<>();
        long bytes = 0;
        for (DeadLetterLine line : lines) {
            DeadLetter letter = sendable(line).orElse(null);
            if (letter == null || !isWanted(line, ids)) {
                continue;
            }
            bytes += letter.json().length;
            if (part.isEmpty()
                    || part.size() == most
                    || bytes > mostBytes
                    || !part.get(0).letter().map(letter::goesWith).orElse(false)
                    || records.contains(record(letter))) {
                part = new ArrayList<>();
                parts.add(part);
                records.clear();
                bytes = letter.json().length;
            }
            part.add(line);
            records.add(record(letter));
        }
        return parts;
    }

    private long countWanted(ExportDefinition export, Set<String> ids) {
        return deadLetters
                .lines(export.lane())
                .filter(line -> isWanted(line, ids))
                .count();
    }

    private static @Nullable Exception deliver(Batch batch, ExportDefinition export, ProducerTemplate template) {
        return template.send("direct:deliver", exchange -> {
                    exchange.setVariable("tenant", batch.unit().tenant());
                    exchange.setVariable("dataset", batch.unit().dataset());
                    exchange.setVariable("destination", export.destination());
                    exchange.getMessage().setBody(batch);
                })
                .getException();
    }

    /** The replacements of the letters that were refused again. */
    private static Map<String, Optional<DeadLetter>> refused(List<DeadLetterLine> part, List<Rejection> rejections) {
        Map<String, String> reasons = new HashMap<>();
        rejections.forEach(
                rejection -> reasons.put(record(rejection.object(), rejection.recordNumber()), rejection.reason()));
        Map<String, Optional<DeadLetter>> refused = new HashMap<>();
        for (DeadLetterLine line : part) {
            line.letter().ifPresent(letter -> {
                String reason = reasons.get(record(letter));
                if (reason != null) {
                    refused.put(line.digest(), Optional.of(letter.refused(reason)));
                }
            });
        }
        if (refused.size() != rejections.size()) {
            throw new IllegalStateException("the refused records cannot be identified");
        }
        return refused;
    }

    private static String record(DeadLetter letter) {
        return record(letter.object(), letter.recordNumber());
    }

    private static String record(String object, long number) {
        return object + " " + number;
    }

    private static Optional<DeadLetter> sendable(DeadLetterLine line) {
        return line.letter().filter(letter -> !letter.isStandIn());
    }

    private static boolean isWanted(DeadLetterLine line, Set<String> ids) {
        return ids.isEmpty() || ids.contains(line.id());
    }
}
