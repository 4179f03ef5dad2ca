package com.bytefreezer.connector.lane;

import com.bytefreezer.connector.config.DatasetChoice;
import com.bytefreezer.connector.config.DatasetName;
import com.bytefreezer.connector.config.ExportDefinition;
import com.bytefreezer.connector.lake.Lake;
import com.bytefreezer.connector.problem.ConnectorException;
import com.bytefreezer.connector.problem.Failures;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Knows the datasets of the exports with patterns, and asks again after each pause, in a thread of its own. A failed
 * question leaves the known datasets as they are. For one thread, except for its questions.
 */
final class Census implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Census.class);
    private static final int MOST_NAMED = 5;

    private final Function<DatasetChoice, Lake.Found> source;
    private final Duration pause;
    private final Duration retry;
    private final ExecutorService thread = Executors.newSingleThreadExecutor(work -> {
        Thread asking = new Thread(work, "census");
        asking.setDaemon(true);
        return asking;
    });
    /** By tenant and dataset as written; several exports may choose the same. */
    private final Map<String, Known> known = new ConcurrentHashMap<>();

    /**
     * The result of the latest look.
     *
     * @param names null until the first answer
     * @param problem why they are unknown or incomplete; otherwise empty
     * @param lookedAt the source of the last answer
     * @param again the time of the next question, by {@link System#nanoTime}
     */
    private record Known(
            @Nullable Set<DatasetName> names, String problem, String lookedAt, long again, boolean asking) {
        private static final Known NOTHING = new Known(null, "", "", System.nanoTime(), false);

        boolean isDue() {
            return !asking && again - System.nanoTime() <= 0;
        }

        Known nowAsking() {
            return new Known(names, problem, lookedAt, again, true);
        }
    }

    /**
     * Asks {@code source}.
     *
     * @param pause from an answer to the next question
     * @param retry from a failure to the next question
     */
    Census(Function<DatasetChoice, Lake.Found> source, Duration pause, Duration retry) {
        this.source = source;
        this.pause = pause;
        this.retry = retry;
    }

    /** Asks the questions that are due for these exports; returns at once. */
    void look(Collection<ExportDefinition> exports) {
        Map<String, ExportDefinition> choices = new LinkedHashMap<>();
        exports.stream().filter(ExportDefinition::isChoice).forEach(export -> choices.putIfAbsent(key(export), export));
        known.keySet().retainAll(choices.keySet());
        choices.forEach((key, export) -> {
            DatasetChoice choice = export.choice();
            if (choice != null
                    && choice.needsListing()
                    && known.getOrDefault(key, Known.NOTHING).isDue()) {
                known.put(key, known.getOrDefault(key, Known.NOTHING).nowAsking());
                thread.execute(() -> ask(key, export.export(), choice));
            }
        });
    }

    /** The lanes of an export, one for each known dataset. */
    List<ExportDefinition> lanesOf(ExportDefinition export) {
        DatasetChoice choice = export.choice();
        if (choice == null) {
            return List.of(export);
        }
        Set<DatasetName> names = known.getOrDefault(key(export), Known.NOTHING).names;
        return (names == null ? choice.named() : names).stream().map(export::at).toList();
    }

    /** Why exports have no lane yet, by their names. */
    Map<String, String> problems(Collection<ExportDefinition> exports) {
        Map<String, String> problems = new TreeMap<>();
        for (ExportDefinition export : exports) {
            Known its = known.getOrDefault(key(export), Known.NOTHING);
            if (export.isChoice() && its.names == null && !its.problem.isEmpty()) {
                problems.put(export.export(), "its datasets cannot be found: " + its.problem);
            }
        }
        return problems;
    }

    /** Exports without datasets, by their names, with a line about each. */
    Map<String, String> without(Collection<ExportDefinition> exports) {
        Map<String, String> without = new TreeMap<>();
        for (ExportDefinition export : exports) {
            Known its = known.getOrDefault(key(export), Known.NOTHING);
            if (export.isChoice() && its.names != null && its.names.isEmpty() && its.problem.isEmpty()) {
                without.put(export.export(), none(export.tenant(), export.dataset(), its.lookedAt));
            }
        }
        return without;
    }

    private static String none(String tenant, String dataset, String lookedAt) {
        return "tenant %2$s has no dataset %1$s in %3$s. Nothing is exported until there is one. Check tenant and dataset."
                .formatted(dataset, tenant, lookedAt);
    }

    private static String key(ExportDefinition export) {
        return export.tenant() + "\n" + export.dataset();
    }

    private void ask(String key, String export, DatasetChoice choice) {
        Known before = known.getOrDefault(key, Known.NOTHING);
        Known now;
        try {
            Lake.Found found = source.apply(choice);
            Set<DatasetName> names = new LinkedHashSet<>(found.datasets());
            if (before.names != null) {
                // They may or may not be gone.
                before.names.stream()
                        .filter(name -> found.unknown().containsKey(name.tenant()))
                        .forEach(names::add);
            }
            now = new Known(
                    names,
                    problem(found.unknown()),
                    found.lookedAt(),
                    System.nanoTime() + (found.unknown().isEmpty() ? pause : retry).toNanos(),
                    false);
        } catch (ConnectorException e) {
            now = new Known(
                    before.names, Failures.describe(e), before.lookedAt, System.nanoTime() + retry.toNanos(), false);
        }
        Known answer = now;
        // Unless no export chooses it any more.
        if (known.computeIfPresent(key, (same, asking) -> answer) != null) {
            tell(export, before, now, key.split("\n", 2));
        }
    }

    static String problem(Map<String, String> unknown) {
        return unknown.entrySet().stream()
                .limit(MOST_NAMED)
                .map(tenant -> "tenant %s: %s".formatted(tenant.getKey(), tenant.getValue()))
                .collect(Collectors.joining(" "));
    }

    private void tell(String export, Known before, Known now, String[] written) {
        if (!now.problem.isEmpty() && !now.problem.equals(before.problem)) {
            LOG.warn(
                    "export {}: {} of its datasets can be found: {} {} The connector tries again every {} s.",
                    export,
                    now.names == null ? "none" : "not all",
                    now.problem,
                    now.names == null ? "It exports nothing until then." : "The known ones go on.",
                    retry.toSeconds());
        } else if (now.problem.isEmpty() && !before.problem.isEmpty()) {
            LOG.info("export {}: its datasets can be found again.", export);
        }
        if (now.names == null) {
            return;
        }
        Set<DatasetName> old = before.names == null ? Set.of() : before.names;
        Set<DatasetName> fresh = new LinkedHashSet<>(now.names);
        fresh.removeAll(old);
        Set<DatasetName> gone = new HashSet<>(old);
        gone.removeAll(now.names);
        if (!fresh.isEmpty()) {
            LOG.info("export {}: {} new: {}.", export, counted(fresh.size()), some(fresh));
        }
        if (!gone.isEmpty()) {
            LOG.warn(
                    "export {}: {} no longer there: {}. The cursor keeps what was delivered.",
                    export,
                    counted(gone.size()),
                    some(gone));
        }
        if (now.names.isEmpty() && now.problem.isEmpty() && (before.names == null || !before.names.isEmpty())) {
            LOG.warn("export {}: {}", export, none(written[0], written[1], now.lookedAt));
        }
    }

    private static String counted(int datasets) {
        return datasets == 1 ? "1 dataset is" : "%,d datasets are".formatted(datasets);
    }

    private static String some(Set<DatasetName> names) {
        List<String> named = new ArrayList<>(names.stream()
                .sorted(DatasetName.ORDER)
                .limit(MOST_NAMED)
                .map(DatasetName::toString)
                .toList());
        if (names.size() > named.size()) {
            named.add("and %,d more".formatted(names.size() - named.size()));
        }
        return String.join(", ", named);
    }

    @Override
    public void close() {
        thread.shutdownNow();
    }
}
