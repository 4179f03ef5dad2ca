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
 * Keeps the lanes of a watch in step with the files in {@code routes/exports}. It looks at them each second, since a mount tells
 * of no change, and takes what has stayed the same from one look to the next, so that no half of a file is taken. What
 * is wrong is said once; an export that runs then goes on as it was. An export that chooses datasets by patterns has a lane for
 * each that there is. For one thread.
 */
public final class ExportFolder implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(ExportFolder.class);

    private final Settings settings;
    private final Exports exports;
    private final Surroundings around;
    private final Census census;
    private Map<String, String> seen = Map.of();
    private Map<String, String> taken = Map.of();
    /** What each file says, or said when it was last right. */
    private Map<String, List<ExportDefinition>> files = new LinkedHashMap<>();

    private Map<String, String> problems = Map.of();
    /** What does not run yet as its file says. */
    private Set<Lane> open = Set.of();
    /** All lanes that the files want, when they were looked at last. */
    private Map<Lane, ExportDefinition> wanted = Map.of();

    /** What has to know of it when lanes come and go. */
    public interface Surroundings {
        /**
         * Makes the route of a destination, where no export had it before.
         *
         * @throws ConnectorException when it cannot be made
         */
        void require(String destination);

        /** A lane is new. */
        void added(Lane lane);

        /** A lane is gone. */
        void removed(Lane lane);

        /**
         * The datasets of a choice; asked in a thread of its own.
         *
         * @throws ConnectorException when they cannot be found out
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

    /** The exports as the process starts, before {@link #look}. */
    public void begin() {
        taken = settings.stateOfExportFiles();
        seen = taken;
        read();
        wanted = wanted();
        wanted.values().forEach(exports::put);
    }

    /**
     * Looks whether something has changed.
     *
     * @param schedule tells when a lane can be changed
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
            // One goes while it is looked at; the next look tells.
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

    /** In a line each, however many lanes they have. */
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
        });
    }

    private static String change(ExportDefinition before, ExportDefinition now) {
        return before.enabled() == now.enabled()
                ? "export {}: changed. It goes on from its cursor."
                : now.enabled()
                        ? "export {}: resumed. It goes on from its cursor."
                        : "export {}: paused. Its cursor is kept.";
    }

    /** Of datasets, and of exports of many, one line tells it. */
    private void log(ExportDefinition one, String line) {
        if (one.name().equals(one.export())) {
            LOG.info(line, one.lane());
        } else {
            LOG.debug(line, one.lane());
        }
    }

    /** Of exports that do not run for what their files say. */
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
                // The other exports go on, as the end of the line says.
                wrong.put(file, "%s: %s".formatted(file, e.saying("")));
            }
        });
        wrong.forEach((file, problem) -> {
            List<ExportDefinition> before = files.getOrDefault(file, List.of());
            if (before.stream().noneMatch(one -> names.contains(one.name())) && !before.isEmpty()) {
                right.put(file, before);
            }
            if (!Objects.equals(problems.get(file), problem)) {
                LOG.error(
                        "{} {}",
                        problem,
                        right.containsKey(file)
                                ? "The export goes on as it was."
                                : "It does not run; the other exports do.");
            }
        });
        problems.keySet().stream()
                .filter(file -> right.containsKey(file) && !wrong.containsKey(file))
                .forEach(file -> LOG.info("{}: it is right now.", file));
        files = right;
        problems = wrong;
        exports.describedIn(now.files());
        exports.refuse(refused(wrong));
    }

    /** What is wrong with the files, by the name of the export, which is that of the file where there is none. */
    private Map<String, String> refused(Map<String, String> wrong) {
        Map<String, String> refused = new HashMap<>();
        wrong.forEach((file, problem) -> {
            String name = file.substring(file.lastIndexOf('/') + 1).replaceFirst("\\.camel\\.yaml$", "");
            List<ExportDefinition> before = files.getOrDefault(file, List.of());
            refused.put(before.isEmpty() ? name : before.get(0).name(), problem);
        });
        return refused;
    }
}
