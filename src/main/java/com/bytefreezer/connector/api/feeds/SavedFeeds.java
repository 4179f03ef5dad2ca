package com.bytefreezer.connector.api.feeds;

import com.bytefreezer.connector.config.ExportFile;
import com.bytefreezer.connector.config.NewRouteFile;
import com.bytefreezer.connector.config.Settings;
import com.bytefreezer.connector.problem.ApiException;
import com.bytefreezer.connector.text.Secrets;
import com.fasterxml.jackson.annotation.JsonInclude;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.apache.camel.Body;

/** Writes files in {@code routes/feeds/} for feeds that someone describes on the page. Safe for use by several threads. */
public final class SavedFeeds {
    private static final String COMMENT =
            "# Feed \"%s\", saved from the page. routes/receive.camel.yaml and routes/inputs/%s.camel.yaml list the parameters.\n\n";

    private final Settings settings;
    private final Secrets secrets;

    /** Saves into the folder of the route files of {@code settings}. */
    public SavedFeeds(Settings settings, Secrets secrets) {
        this.settings = settings;
        this.secrets = secrets;
    }

    /**
     * A feed to be saved.
     *
     * @param file its path
     * @param yaml its content
     * @param settings the lines that it needs in application.properties, without the values of secrets
     * @param command that runs it
     * @param test a command that sends an event to it; empty if its input fetches events itself
     * @param writable whether the file's folder can be written
     * @param errors the reasons why it cannot be saved like this, a line each
     */
    public record Draft(
            String file,
            String yaml,
            String settings,
            String command,
            String test,
            boolean writable,
            @JsonInclude(JsonInclude.Include.NON_EMPTY) List<String> errors) {}

    /** The inputs, each with the parameters that it adds and their defaults. */
    public Map<String, Map<String, Map<String, String>>> inputs() {
        return Map.of("inputs", settings.inputs());
    }

    /** Returns what {@link #save} would write. */
    public Draft draft(@Body NewFeed request) {
        ApiException.required(request);
        List<String> errors = new ArrayList<>();
        NewRouteFile file = file(request.name());
        file.problemOfName("firewall-syslog").ifPresent(errors::add);
        boolean isNamed = errors.isEmpty();
        if (isNamed && exists(request.name(), file)) {
            errors.add(file.taken());
        }
        if (request.hasPlaceholder()) {
            errors.add("{{…}} stands for the value of a setting. Write that into the file by hand.");
        } else if (isNamed) {
            errors.addAll(settings.problemsOfFeed(request.ofFile(), request.settingsToCheck()));
        }
        String input = settings.inputs().containsKey(request.input()) ? request.input() : "http";
        return new Draft(
                file(isNamed ? request.name() : "feed").shown(),
                COMMENT.formatted(isNamed ? request.name() : "feed", input) + ExportFile.of("feed", request.ofFile()),
                request.settings().stream().map(name -> name + "=***").collect(Collectors.joining("\n")),
                NewRouteFile.watchCommand(),
                errors.isEmpty() ? TestEvent.command(request, settings) : "",
                file.isWritable(),
                errors.stream().map(secrets::mask).toList());
    }

    /**
     * Writes the file; a process with feeds opens it within seconds.
     *
     * @throws ApiException if there is such a feed, if the folder cannot be written, or for other errors of the draft
     */
    public synchronized Draft save(@Body NewFeed request) {
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
        return file.exists()
                || settings.feedSources().stream()
                        .anyMatch(source -> source.parameter("name").equals(name));
    }

    private NewRouteFile file(String name) {
        return new NewRouteFile(settings.routes(), "feeds", "a feed", name);
    }
}
