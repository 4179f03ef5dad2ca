package com.bytefreezer.connector.operate;

import com.bytefreezer.connector.config.ExportDefinition;
import com.bytefreezer.connector.config.Settings;
import com.bytefreezer.connector.delivery.Batch;
import com.bytefreezer.connector.delivery.Batch.Rejection;
import com.bytefreezer.connector.delivery.DeadLetter;
import com.bytefreezer.connector.delivery.DeadLetterLine;
import com.bytefreezer.connector.delivery.DeadLetters;
import com.bytefreezer.connector.operate.Replay.Remade;
import com.bytefreezer.connector.operate.Replay.Remaking;
import com.bytefreezer.connector.operate.Replay.Result;
import com.bytefreezer.connector.problem.Failures;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.apache.camel.ProducerTemplate;
import org.jspecify.annotations.Nullable;

/** One replay of dead letters of a lane. Used once, by one thread. */
final class Redelivery {
    private static final String NOT_HERE =
            "A dead letter has only the size of its record, and stays. To deliver the record, raise the setting in its reason and replay its partition (--mode replay --from --to).";

    private final Settings settings;
    private final DeadLetters deadLetters;
    private final ExportDefinition export;
    private final Set<String> ids;
    private final Remaking remaking;
    private final ProducerTemplate template;

    private long replayed;
    private long failed;
    private long unmatched;
    private @Nullable String message;

    /**
     * @param ids of the dead letters; empty for all
     * @param template for the routes of the destinations
     */
    Redelivery(
            Settings settings,
            DeadLetters deadLetters,
            ExportDefinition export,
            Set<String> ids,
            Remaking remaking,
            ProducerTemplate template) {
        this.settings = settings;
        this.deadLetters = deadLetters;
        this.export = export;
        this.ids = ids;
        this.remaking = remaking;
        this.template = template;
    }

    /** Delivers them; a failure of the destination ends it, because it affects the next batch too. */
    Result all() {
        for (Path file : deadLetters.files(export.lane())) {
            for (List<DeadLetterLine> some : wanted(file)) {
                for (List<DeadLetterLine> part : parts(remade(some))) {
                    Optional<Exception> failure = deliver(file, part);
                    if (failure.isPresent()) {
                        long left = lines() - unmatched;
                        return new Result(replayed, left, unmatched, Failures.describe(failure.get()));
                    }
                }
            }
        }
        return new Result(replayed, failed, unmatched, message);
    }

    static boolean isWanted(DeadLetterLine line, Set<String> ids) {
        return ids.isEmpty() || ids.contains(line.id());
    }

    private long lines() {
        return deadLetters
                .lines(export.lane())
                .filter(line -> isWanted(line, ids))
                .count();
    }

    private List<List<DeadLetterLine>> wanted(Path file) {
        List<List<DeadLetterLine>> all = new ArrayList<>();
        for (DeadLetterLine line : deadLetters.read(file)) {
            if (isWanted(line, ids)) {
                if (all.isEmpty() || all.get(all.size() - 1).size() == remaking.atOnce()) {
                    all.add(new ArrayList<>());
                }
                all.get(all.size() - 1).add(line);
            }
        }
        return all;
    }

    /** Those that can be sent. */
    private List<DeadLetterLine> remade(List<DeadLetterLine> lines) {
        Remade remade = remaking.of(lines);
        unmatched += remade.unmatched();
        failed += remade.failed();
        message = remade.why() == null ? message : remade.why();
        List<DeadLetterLine> sendable = new ArrayList<>();
        for (DeadLetterLine line : remade.lines()) {
            if (line.letter().filter(letter -> !letter.isStandIn()).isPresent()) {
                sendable.add(line);
            } else {
                failed++;
                message = line.letter().isEmpty() ? line.problem() : NOT_HERE;
            }
        }
        return sendable;
    }

    /** In batches like those of exports; no batch has the same record twice. */
    private List<List<DeadLetterLine>> parts(List<DeadLetterLine> lines) {
        int most = settings.integer("schedule.batch-size");
        long mostBytes = settings.integer("delivery.max-batch-bytes");
        List<List<DeadLetterLine>> parts = new ArrayList<>();
        List<DeadLetterLine> part = List.of();
        Set<String> records = new HashSet<>();
        long bytes = 0;
        for (DeadLetterLine line : lines) {
            DeadLetter letter = line.letter().orElseThrow();
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

    private Optional<Exception> deliver(Path file, List<DeadLetterLine> part) {
        Batch batch = DeadLetter.batch(
                export.lane(),
                part.stream().flatMap(line -> line.letter().stream()).toList());
        Exception failure = template.send("direct:deliver", exchange -> {
                    exchange.setVariable("tenant", batch.unit().tenant());
                    exchange.setVariable("dataset", batch.unit().dataset());
                    exchange.setVariable("destination", export.destination());
                    exchange.getMessage().setBody(batch);
                })
                .getException();
        if (failure != null) {
            return Optional.of(failure);
        }
        List<Rejection> rejections = batch.rejections();
        Map<String, Optional<DeadLetter>> instead = gone(part);
        instead.putAll(refused(part, rejections));
        deadLetters.replace(export.lane(), file, instead);
        replayed += part.size() - rejections.size();
        failed += rejections.size();
        message = rejections.isEmpty() ? message : rejections.get(0).reason();
        return Optional.empty();
    }

    static Map<String, Optional<DeadLetter>> gone(List<DeadLetterLine> lines) {
        Map<String, Optional<DeadLetter>> instead = new HashMap<>();
        lines.forEach(line -> instead.put(line.digest(), Optional.empty()));
        return instead;
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
}
