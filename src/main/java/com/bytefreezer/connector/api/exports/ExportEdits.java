package com.bytefreezer.connector.api.exports;

import com.bytefreezer.connector.api.send.Targets;
import com.bytefreezer.connector.config.ExportSource;
import com.bytefreezer.connector.config.Settings;
import com.bytefreezer.connector.problem.ApiException;
import com.bytefreezer.connector.problem.ConnectorException;
import com.bytefreezer.connector.problem.Failures;
import com.bytefreezer.connector.text.Secrets;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import java.io.IOException;
import java.nio.file.Files;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import org.apache.camel.Body;
import org.apache.camel.Header;
import org.jspecify.annotations.Nullable;

/**
 * Changes and removes files of {@code routes/exports} for a person. The file is the truth: a change names the version of the
 * file that the person has seen, and another one is never overwritten. Only parameters change, so that no request can put anything else into a route file. Safe for use by several threads.
 */
public final class ExportEdits {
    /** The parameters that a person may change; with another name, dataset or destination it would be another export. */
    private static final List<String> CHANGEABLE = List.of("sql", "sync", "batchSize", "intervalSeconds", "enabled");

    private final Settings settings;
    private final Secrets secrets;
    private final Targets targets;

    public ExportEdits(Settings settings, Secrets secrets) {
        this.settings = settings;
        this.secrets = secrets;
        targets = new Targets(settings, secrets);
    }

    /**
     * The file of an export, before and after a change.
     *
     * @param yaml its present content
     * @param changed its content after the change
     * @param version of {@code yaml}, or of {@code changed} once it is written
     * @param parameters that can be changed, with their values after the change
     * @param readOnly why it cannot be written here; null where it can
     * @param errors why the change cannot be written, a line each
     */
    public record Edit(
            String file,
            String yaml,
            String changed,
            String version,
            Map<String, String> parameters,

            @JsonProperty("read_only") @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable
            String readOnly,

            @JsonInclude(JsonInclude.Include.NON_EMPTY) List<String> errors) {}

    /** The changes that a client asks for: parameters by name, and the version of the file that it has seen. */
    public record Change(String version, Map<String, String> changes) {
        public Change {
            version = Objects.requireNonNullElse(version, "");
            changes = changes == null ? Map.of() : changes;
        }
    }

    /** The removal of the file of an export, which names the export and the version of the file that was seen. */
    public record Removal(String version, String confirm) {
        public Removal {
            version = Objects.requireNonNullElse(version, "");
            confirm = Objects.requireNonNullElse(confirm, "");
        }
    }

    /** The content of the file. */
    public Edit file(@Header("name") String name) {
        ExportSource source = source(name);
        return edit(source, source, List.of());
    }

    /** Returns what {@link #save} would write. */
    public Edit draft(@Header("name") String name, @Body Change change) throws SQLException {
        ApiException.required(change);
        ExportSource before = source(name);
        ExportSource after = changed(before, change);
        return edit(before, after, mistakes(after));
    }

    /**
     * Replaces the file; a watch picks it up within seconds.
     *
     * @throws ApiException if the file has changed meanwhile or cannot be written, if its destination is not allowed, or if the change is wrong
     */
    public synchronized Edit save(@Header("name") String name, @Body Change change) throws SQLException {
        ApiException.required(change);
        ExportSource before = source(name);
        requireVersion(before, change.version());
        requireWritable(before);
        ExportSource after = changed(before, change);
        List<String> mistakes = mistakes(after);
        if (!mistakes.isEmpty()) {
            throw ApiException.wrong(secrets.mask(String.join(" ", mistakes)));
        }
        // A pause sends nothing anywhere.
        if (!change.changes().equals(Map.of("enabled", "false"))) {
            Stream.of(after.parameters().getOrDefault("destination", "").split(","))
                    .map(String::strip)
                    .forEach(destination -> targets.resolve(destination, Map.of()));
        }
        after.write();
        return edit(after, after, List.of());
    }

    /**
     * Removes the file, and with it the export; its cursor and its dead letters stay.
     *
     * @throws ApiException if the request does not name the export, if the file has changed meanwhile or has other exports, or if it cannot be removed
     */
    public synchronized void remove(@Header("name") String name, @Body Removal removal) {
        ApiException.required(removal);
        ExportSource source = source(name);
        if (!removal.confirm().equals(name)) {
            throw ApiException.wrong(
                    "Nothing was removed. To remove the export, send its name as \"confirm\": %s.".formatted(name));
        }
        requireVersion(source, removal.version());
        requireWritable(source);
        if (!source.alone()) {
            throw ApiException.conflict(
                    "%s has other exports, too. Nothing was removed. Change it by hand.".formatted(source.shown()));
        }
        try {
            Files.deleteIfExists(source.file());
        } catch (IOException e) {
            throw ExportSource.cannotWrite(source.shown(), Failures.describe(e));
        }
    }

    private ExportSource source(String name) {
        return settings.exportSource(name)
                .orElseThrow(() -> ApiException.unknown(
                        "No correct file describes an export %s. It may have been removed or changed by hand; correct it there."
                                .formatted(name)));
    }

    private ExportSource changed(ExportSource before, Change change) {
        change.changes().keySet().stream()
                .filter(parameter -> !CHANGEABLE.contains(parameter))
                .findFirst()
                .ifPresent(parameter -> {
                    throw ApiException.wrong("\"%s\" cannot be changed. These can: %s."
                            .formatted(parameter, String.join(", ", CHANGEABLE)));
                });
        if (change.changes().values().stream().anyMatch(Objects::isNull)) {
            throw ApiException.wrong("The values of \"changes\" must be texts.");
        }
        // In a query, they are only text.
        change.changes().forEach((parameter, value) -> {
            if (!parameter.equals("sql") && value.contains("{{")) {
                throw ApiException.wrong(
                        "%s cannot have the value of a setting here. Change the file by hand.".formatted(parameter));
            }
        });
        try {
            return before.with(change.changes());
        } catch (ConnectorException e) {
            throw ApiException.conflict(e.saying("Nothing was written."));
        }
    }

    private List<String> mistakes(ExportSource after) throws SQLException {
        List<String> mistakes = new ArrayList<>(settings.problemsOfParameters(after.parameters()));
        String sql = after.parameters().getOrDefault("sql", "");
        if (!sql.isBlank()) {
            SqlMistake.in(sql, settings).ifPresent(mistakes::add);
        }
        return mistakes;
    }

    private static void requireVersion(ExportSource source, String seen) {
        if (!source.version().equals(seen)) {
            throw ExportSource.changedMeanwhile(source.shown());
        }
    }

    private static void requireWritable(ExportSource source) {
        source.whyNotWritable().ifPresent(why -> {
            throw ExportSource.cannotWrite(source.shown(), why);
        });
    }

    private Edit edit(ExportSource before, ExportSource after, List<String> errors) {
        Map<String, String> parameters = new LinkedHashMap<>();
        CHANGEABLE.forEach(
                one -> parameters.put(one, secrets.mask(after.parameters().getOrDefault(one, ""))));
        return new Edit(
                before.shown(),
                secrets.mask(before.text()),
                secrets.mask(after.text()),
                before.version(),
                parameters,
                before.whyNotWritable().orElse(null),
                errors.stream().map(secrets::mask).toList());
    }
}
