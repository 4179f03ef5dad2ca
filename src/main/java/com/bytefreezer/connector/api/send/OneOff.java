package com.bytefreezer.connector.api.send;

import com.bytefreezer.connector.api.send.Targets.Target;
import com.bytefreezer.connector.config.DatasetChoice;
import com.bytefreezer.connector.config.ExportFile;
import com.bytefreezer.connector.config.Mode;
import com.bytefreezer.connector.config.Settings;
import com.bytefreezer.connector.config.SettingsException;
import com.bytefreezer.connector.problem.ApiException;
import com.bytefreezer.connector.problem.Failures;
import com.bytefreezer.connector.text.Secrets;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collection;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Something that is done once, beside the exports of the process: settings of its own, a temporary folder, and secrets
 * that are masked while it lasts. Closed when it is over.
 */
final class OneOff implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(OneOff.class);

    /** Of its export. */
    static final String NAME = "default";

    /** A person waits for it. */
    private static final int MOST_RETRIES = 5;

    private final Secrets secrets;
    private final Path folder;
    private final Settings settings;
    private final Collection<String> masked;

    private OneOff(Settings base, Secrets secrets, Target target, Map<String, String> own) {
        this.secrets = secrets;
        try {
            folder = Files.createTempDirectory("connector-once-");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        try {
            Path export = Files.writeString(folder.resolve(NAME + ".camel.yaml"), ExportFile.of(Map.of("name", NAME)));
            settings = base.with(Mode.BATCH, base.routes().withOnlyExport(export), all(base, target, own, folder));
        } catch (IOException e) {
            delete(path -> true);
            throw new UncheckedIOException(e);
        } catch (SettingsException e) {
            delete(path -> true);
            throw refusal(e);
        }
        Set<String> values = new LinkedHashSet<>(settings.secrets());
        target.destination().settings().stream()
                .filter(setting -> setting.isSecret())
                .forEach(setting -> settings.optional(setting.name()).ifPresent(values::add));
        masked = values;
        masked.forEach(secrets::add);
    }

    /** An export of what is asked for. */
    static OneOff export(Settings base, Secrets secrets, Target target, SendRequest request) {
        Map<String, String> own = new TreeMap<>();
        own.put("query.tenant-id", DatasetChoice.escaped(request.tenant()));
        own.put("query.dataset-id", DatasetChoice.escaped(request.dataset()));
        own.put("query.sql", request.sql());
        own.put("query.from", String.valueOf(request.from()));
        own.put("query.to", String.valueOf(request.to()));
        if (request.batchSize() != null) {
            own.put("schedule.batch-size", String.valueOf(request.batchSize()));
        }
        return new OneOff(base, secrets, target, own);
    }

    /** A single delivery, without an export. */
    static OneOff delivery(Settings base, Secrets secrets, Target target) {
        return new OneOff(
                base,
                secrets,
                target,
                Map.of(
                        "query.tenant-id", "none",
                        "query.dataset-id", "none",
                        "query.sql", "SELECT 1",
                        "delivery.max-retries", "0",
                        "shutdown.timeout-seconds", "1"));
    }

    private static Map<String, String> all(Settings base, Target target, Map<String, String> own, Path folder) {
        Map<String, String> all = new TreeMap<>(target.overrides());
        int retries = base.integer("delivery.max-retries");
        all.put("delivery.max-retries", String.valueOf(retries < 0 ? MOST_RETRIES : Math.min(retries, MOST_RETRIES)));
        all.put("destination.type", target.type());
        all.put("query.sync", "auto");
        all.put("cursor.url", "");
        all.put("cursor.file", folder.resolve("cursor.db").toString());
        all.put("cursor.start", "earliest");
        all.put("delivery.dead-letters-folder", deadLetters(folder).toString());
        all.putAll(own);
        return all;
    }

    /** What is wrong with the settings that a request gives, in one line. */
    static ApiException refusal(SettingsException e) {
        return new ApiException(
                400,
                e.problems().stream()
                        .map(problem -> problem.replace(" Not started.", ""))
                        .collect(Collectors.joining(" ")));
    }

    Settings settings() {
        return settings;
    }

    Path folder() {
        return folder;
    }

    /** Whether records were refused. */
    boolean hasDeadLetters() {
        return Files.exists(deadLetters());
    }

    /** The folder of the records that were refused. */
    Path deadLetters() {
        return deadLetters(folder);
    }

    private static Path deadLetters(Path folder) {
        return folder.resolve("dead-letters");
    }

    /** Unmasks what only it has masked, and removes what it has written. */
    @Override
    public void close() {
        unmask();
        delete(path -> true);
    }

    /** The same, but the dead letters stay until {@link #close}. */
    void closeButForDeadLetters() {
        unmask();
        delete(path -> !hasDeadLetters() || (!path.equals(folder) && !path.startsWith(deadLetters())));
    }

    private synchronized void unmask() {
        masked.forEach(secrets::remove);
        masked.clear();
    }

    private void delete(Predicate<Path> which) {
        if (!Files.exists(folder)) {
            return;
        }
        try (Stream<Path> paths = Files.walk(folder)) {
            for (Path path :
                    paths.sorted(Comparator.reverseOrder()).filter(which).toList()) {
                Files.deleteIfExists(path);
            }
        } catch (IOException | UncheckedIOException e) {
            LOG.warn("{}: cannot be removed ({}). Remove it by hand.", folder, Failures.describe(e));
        }
    }
}
