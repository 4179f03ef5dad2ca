package com.bytefreezer.connector.api.exports;

import com.bytefreezer.connector.api.send.SendRequest;
import com.bytefreezer.connector.api.send.Targets;
import com.bytefreezer.connector.api.send.Targets.Target;
import com.bytefreezer.connector.config.DatasetChoice;
import com.bytefreezer.connector.config.Destination.Setting;
import com.bytefreezer.connector.config.ExportDefinition;
import com.bytefreezer.connector.config.ExportFile;
import com.bytefreezer.connector.config.NewRouteFile;
import com.bytefreezer.connector.config.RouteFiles;
import com.bytefreezer.connector.config.Settings;
import com.bytefreezer.connector.problem.ApiException;
import com.bytefreezer.connector.text.Secrets;
import com.fasterxml.jackson.annotation.JsonInclude;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.stream.Collectors;
import org.apache.camel.Body;

/**
 * Writes files in {@code routes/exports/} for exports that someone has tried on the page. Safe for use by several
 * threads.
 */
public final class SavedExports {
    private static final String COMMENT =
            "# Export \"%s\", saved from the page. It runs in batch and watch mode; routes/export.camel.yaml lists the\n# parameters.\n\n";

    private final Settings settings;
    private final Secrets secrets;
    private final Targets targets;

    /** Saves into the folder of the route files of {@code settings}. */
    public SavedExports(Settings settings, Secrets secrets) {
        this.settings = settings;
        this.secrets = secrets;
        targets = new Targets(settings, secrets);
    }

    /**
     * An export to be saved.
     *
     * @param file its path
     * @param yaml its content
     * @param settings the lines that it needs in application.properties, without the values of secrets
     * @param command that runs it
     * @param writable whether the file's folder can be written
     * @param errors the reasons why it cannot be saved like this, a line each
     */
    public record Draft(
            String file,
            String yaml,
            String settings,
            String command,
            boolean writable,
            @JsonInclude(JsonInclude.Include.NON_EMPTY) List<String> errors) {}

    /**
     * Returns what {@link #save} would write.
     *
     * @throws ApiException if there is no such destination, or it is not allowed
     */
    public Draft draft(@Body SendRequest request) throws SQLException {
        ApiException.required(request);
        Target target = targets.resolve(request.type(), request.config());
        List<String> errors = new ArrayList<>();
        NewRouteFile file = file(request.name());
        file.problemOfName("failed-logins").ifPresent(errors::add);
        if (errors.isEmpty() && exists(request.name(), file)) {
            errors.add(file.taken());
        }
        SqlMistake.in(request.sql(), settings).ifPresent(errors::add);
        addConflict(target, errors);
        String name = file.problemOfName("").isEmpty() ? request.name() : "export";
        return new Draft(
                file(name).shown(),
                COMMENT.formatted(name) + ExportFile.of(parameters(name, request, target)),
                settingsFor(target),
                NewRouteFile.watchCommand(),
                file.isWritable(),
                errors.stream().map(secrets::mask).toList());
    }

    /**
     * Writes the file; a watch uses it within seconds, and so does each later start.
     *
     * @throws ApiException if there is such an export, if the folder cannot be written, or for other errors of
     *     the draft
     */
    public synchronized Draft save(@Body SendRequest request) throws SQLException {
        Draft draft = draft(request);
        NewRouteFile file = file(request.name());
        if (draft.errors().contains(file.taken())) {
            throw ApiException.conflict(file.taken());
        }
        if (!draft.errors().isEmpty()) {
            throw ApiException.wrong(String.join(" ", draft.errors()));
        }
        file.write(draft.yaml());
        return draft;
    }

    private boolean exists(String name, NewRouteFile file) {
        // Reads the folder again, because someone may have saved an export since the start.
        return file.exists()
                || RouteFiles.in(settings.routes().folder()).exportNames().contains(name);
    }

    private NewRouteFile file(String name) {
        return new NewRouteFile(settings.routes(), "exports", "an export", name);
    }

    /** The settings of a destination are those of all exports to it. */
    private void addConflict(Target target, List<String> errors) {
        List<String> changed = target.destination().settings().stream()
                .filter(setting -> target.typed().containsKey(setting.name()))
                // A required setting that is missing has no users.
                .filter(setting -> targets.configured(setting).isPresent()
                        || (settings.destinations().contains(target.type()) && !setting.required()))
                .map(Setting::shortName)
                .toList();
        if (!changed.isEmpty()) {
            errors.add(
                    "Destination %s has other settings (%s), and a process has only one configuration of each destination. Use it as configured, change the settings file, or name one more there: destinations.<name>.kind=%s."
                            .formatted(
                                    target.type(),
                                    String.join(", ", changed),
                                    target.destination().kind()));
        }
    }

    private Map<String, String> parameters(String name, SendRequest request, Target target) {
        Map<String, String> parameters = new LinkedHashMap<>();
        parameters.put("name", name);
        parameters.put("tenant", DatasetChoice.escaped(request.tenant()));
        parameters.put("dataset", DatasetChoice.escaped(request.dataset()));
        parameters.put("sql", ExportDefinition.escaped(request.sql()));
        parameters.put("destination", target.type());
        if (request.batchSize() != null) {
            parameters.put("batchSize", String.valueOf(request.batchSize()));
        }
        if (request.intervalSeconds() != null) {
            parameters.put("intervalSeconds", String.valueOf(request.intervalSeconds()));
        }
        return parameters;
    }

    /** As a line of application.properties. */
    private String settingsFor(Target target) {
        Properties needed = new Properties();
        target.destination().settings().forEach(setting -> {
            String value = target.typed().get(setting.name());
            if (value != null && !value.isEmpty()) {
                needed.setProperty(setting.name(), setting.isSecret() ? "***" : secrets.mask(value));
            }
        });
        StringWriter text = new StringWriter();
        try {
            needed.store(text, null);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return text.toString()
                .lines()
                .filter(line -> !line.startsWith("#"))
                // Only a name needs escapes.
                .map(line -> line.replace("\\:", ":"))
                .sorted()
                .collect(Collectors.joining("\n"));
    }
}
