package com.bytefreezer.connector.lane;

import com.bytefreezer.connector.config.DatasetChoice;
import com.bytefreezer.connector.config.ExportDefinition;
import com.bytefreezer.connector.config.ExportFiles;
import com.bytefreezer.connector.config.Lane;
import com.bytefreezer.connector.config.Settings;
import com.bytefreezer.connector.lake.Lake;
import com.bytefreezer.connector.problem.ConnectorException;
import com.bytefreezer.connector.problem.Failures;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps the lanes of a watch in step with the files in {@code routes/exports}. It looks at them every second, because a
 * mount reports no changes, and uses a file only if it has stayed the same from one look to the next, so that it never
 * uses half a file. A mistake is logged once; a running export continues as before. An export with patterns has a lane
 * for each matching dataset. For one thread.
 */
public final class ExportFolder implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(ExportFolder.class);

    private final Settings settings;
    private final Exports exports;
    private final Surroundings around;
    private final Census census;
    private Map<String, String> seen = Map.of();
    private Map<String, String> taken = Map.of();
    /** The last correct content of each file. */
    private Map<String, List<ExportDefinition>> files = new LinkedHashMap<>();

    private Map<String, String> problems = Map.of();
    /** Exports that do not run yet as their files say. */
    private Set<Lane> open = Set.of();
    /** All lanes of the files at the last look. */
    private Map<Lane, ExportDefinition> wanted = Map.of();

    /** Told when lanes come and go. */
    public interface Surroundings {
        /**
         * Creates the route of a destination that no export has used before.
         *
         * @throws ConnectorException if it cannot be created
         */
        void require(String destination);

        /** Called for a new lane. */
        void added(Lane lane);

        /** A lane is gone. */
        void removed(Lane lane);

        /** No lane exports this dataset any more. */
        void unused(String tenant, String dataset);

        /**
         * The datasets of a choice; called in a thread of its own.
         *
         * @throws ConnectorException if they cannot be found
         */
        Lake.Found find(DatasetChoice choice);
    }

    public ExportFolder(Settings settings, Exports exports, Surroundings around) {
        this.settings = settings;
        this.exports = exports;
        this.around = around;
        Duration listing = Duration.ofSeconds(Math.max(1, settings.integer("schedule.full-listing-seconds")));
        Duration retry = Duration.ofSeconds(settings.integer("schedule.max-retry-delay-seconds"));
        census = new Census(around::find, listing, listing.compareTo(retry) < 0 ? listing : retry);
    }

    @Override
    public void close() {
        census.close();
    }

    /** Sets the exports at the start of the process, before {@link #look}. */
    public void begin() {
        taken = settings.stateOfExportFiles();
        seen = taken;
        read();
        wanted = wanted();
        wanted.values().forEach(exports::put);
    }

    /**
     * Looks for changes.
     *
     * @param schedule tells whether a lane can be changed now
     */
    public void look(Schedule schedule) {
        try {
            Map<String, String> now = settings.stateOfExportFiles();
            if (!now.equals(taken) && now.equals(seen)) {
                Set<Lane> before = refusedLanes();
                List<ExportDefinition> choices = choices();
                read();
                sayWhatChanged(choices);
                Set<Lane> after = refusedLanes();
                before.stream().filter(lane -> !after.contains(lane)).forEach(around::removed);
                after.stream().filter(lane -> !before.contains(lane)).forEach(around::added);
                reopen();
                taken = now;
            }
            seen = now;
        } catch (UncheckedIOException e) {
            // A file vanished during the look; the next look finds out.
            LOG.debug("{}", Failures.describe(e));
        }
        lookForDatasets();
        if (!open.isEmpty()) {
            open.removeIf(lane -> isDone(lane, wanted, schedule));
            if (open.isEmpty()) {
                exports.forgetQueriesBut(
                        files.values().stream().flatMap(List::stream).toList());
            }
        }
    }

    private List<ExportDefinition> choices() {
        return files.values().stream()
                .flatMap(List::stream)
                .filter(ExportDefinition::isChoice)
                .toList();
    }

    /** Logs one line for each export, however many lanes it has. */
    private void sayWhatChanged(List<ExportDefinition> before) {
        Map<Lane, ExportDefinition> now = new HashMap<>();
        choices().forEach(one -> now.put(one.lane(), one));
        for (ExportDefinition one : before) {
            ExportDefinition same = now.get(one.lane());
            if (same == null) {
                LOG.info("export {}: removed, with its lanes of many datasets. Their cursors are kept.", one.lane());
            } else if (!same.withoutChoice().equals(one.withoutChoice())) {
                LOG.info("export {}: changed. Its datasets go on from their cursors.", one.lane());
            }
        }
    }

    private void reopen() {
        wanted = wanted();
        open = new HashSet<>(wanted.keySet());
        exports.all().forEach(export -> open.add(export.lane()));
    }

    private void lookForDatasets() {
        List<ExportDefinition> all = choices();
        if (all.isEmpty()) {
            exports.without(Map.of());
            return;
        }
        census.look(all);
        exports.without(census.without(all));
        Map<String, String> refused = refused(problems);
        census.problems(all).forEach(refused::putIfAbsent);
        exports.refuse(refused);
        if (!wanted().keySet().equals(wanted.keySet())) {
            reopen();
        }
    }

    private boolean isDone(Lane lane, Map<Lane, ExportDefinition> wanted, Schedule schedule) {
        ExportDefinition definition = wanted.get(lane);
        Export running = exports.find(lane).orElse(null);
        if (running != null && running.definition().equals(definition)) {
            return true;
        }
        if (running == null) {
            if (definition != null) {
                exports.put(definition);
                around.added(lane);
                log(definition, definition.enabled() ? "export {}: added." : "export {}: added, and paused.");
            }
            return true;
        }
        running.end();
        return schedule.betweenRuns(lane, () -> {
            schedule.forget(lane);
            if (definition == null) {
                exports.remove(lane);
                around.removed(lane);
                log(running.definition(), "export {}: removed. Its cursor is kept.");
            } else {
                exports.put(definition);
                if (!definition.enabled()) {
                    exports.signs().forget(lane);
                }
                log(definition, change(running.definition(), definition));
            }
            ExportDefinition before = running.definition();
            if (exports.all().stream().noneMatch(other -> before.isOfSameDataset(other.definition()))) {
                around.unused(before.tenant(), before.dataset());
            }
        });
    }

    private static String change(ExportDefinition before, ExportDefinition now) {
        return before.enabled() == now.enabled()
                ? "export {}: changed. It goes on from its cursor."
                : now.enabled()
                        ? "export {}: resumed. It goes on from its cursor."
                        : "export {}: paused. Its cursor is kept.";
    }

    /** One line covers all datasets, and exports with many of them. */
    private void log(ExportDefinition one, String line) {
        if (one.name().equals(one.export())) {
            LOG.info(line, one.lane());
        } else {
            LOG.debug(line, one.lane());
        }
    }

    /** The problems of exports that do not run because of their files. */
    private Set<Lane> refusedLanes() {
        return exports.definitions().stream()
                .map(ExportDefinition::lane)
                .filter(lane -> exports.find(lane).isEmpty())
                .collect(Collectors.toSet());
    }

    private Map<Lane, ExportDefinition> wanted() {
        Map<Lane, ExportDefinition> lanes = new LinkedHashMap<>();
        files.values()
                .forEach(all ->
                        all.forEach(export -> census.lanesOf(export).forEach(one -> lanes.put(one.lane(), one))));
        return lanes;
    }

    private void read() {
        ExportFiles now = settings.exportFiles(files.keySet());
        Map<String, String> wrong = new TreeMap<>(now.problems());
        Map<String, List<ExportDefinition>> right = new LinkedHashMap<>();
        Set<String> names = new HashSet<>();
        now.exports().forEach((file, described) -> {
            try {
                exports.check(described, "");
                described.forEach(one -> around.require(one.destination()));
                right.put(file, described);
                described.forEach(one -> names.add(one.name()));
            } catch (ConnectorException e) {
                // The other exports continue, as the end of the line says.
                wrong.put(file, "%s: %s".formatted(file, e.saying("")));
            }
        });
        wrong.forEach((file, problem) -> {
            List<ExportDefinition> before = files.getOrDefault(file, List.of());
            if (before.stream().noneMatch(one -> names.contains(one.name())) && !before.isEmpty()) {
                right.put(file, before);
            }
            if (!Objects.equals(problems.get(file), problem)) {
                LOG.error("{} {}", problem, effect(right.containsKey(file)));
            }
        });
        problems.keySet().stream()
                .filter(file -> right.containsKey(file) && !wrong.containsKey(file))
                .forEach(file -> LOG.info("{}: the file is correct now.", file));
        files = right;
        problems = wrong;
        exports.describedIn(now.files());
        exports.refuse(refused(wrong));
    }

    private static String effect(boolean goesOn) {
        return goesOn ? "The export goes on as it was." : "It does not run; the other exports do.";
    }

    /** The problems of the files and what they mean, by the name of the export, or of the file if the export has none. */
    private Map<String, String> refused(Map<String, String> wrong) {
        Map<String, String> refused = new HashMap<>();
        wrong.forEach((file, problem) -> {
            String name = file.substring(file.lastIndexOf('/') + 1).replaceFirst("\\.camel\\.yaml$", "");
            List<ExportDefinition> before = files.getOrDefault(file, List.of());
            refused.put(
                    before.isEmpty() ? name : before.get(0).name(), problem + " " + effect(files.containsKey(file)));
        });
        return refused;
    }
}
