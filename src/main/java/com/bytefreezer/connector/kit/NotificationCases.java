package com.bytefreezer.connector.kit;

import com.bytefreezer.connector.config.Lane;
import com.bytefreezer.connector.config.Mode;
import com.bytefreezer.connector.config.RouteFiles;
import com.bytefreezer.connector.config.Settings;
import com.bytefreezer.connector.config.SettingsException;
import com.bytefreezer.connector.cursor.Counts;
import com.bytefreezer.connector.destination.Notification;
import com.bytefreezer.connector.destination.NotificationRoutes;
import com.bytefreezer.connector.kit.CaseFile.Case;
import com.bytefreezer.connector.kit.Cases.Delivered;
import com.bytefreezer.connector.problem.ConnectorException;
import com.bytefreezer.connector.problem.Failures;
import com.bytefreezer.connector.problem.Problem;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;

/** The cases beside a route in {@code routes/notifications}: each tells a scripted server something of an export. */
final class NotificationCases {
    private static final String FOLDER = "notifications";
    private static final String SUFFIX = ".camel.yaml";

    private final Path routes;
    private final String name;

    /**
     * @param routes the folder of the project's route files
     * @throws ConnectorException if it has no such notification
     */
    NotificationCases(Path routes, String name) {
        this.routes = routes;
        this.name = name;
        if (!Files.exists(routes.resolve(FOLDER).resolve(name + SUFFIX))) {
            throw new ConnectorException(
                    "notification %s: there is no file %s."
                            .formatted(name, routes.resolve(FOLDER).resolve(name + SUFFIX)),
                    Problem.NOT_STARTED,
                    "",
                    null);
        }
    }

    /** Whether the path of a route file is that of a notification. */
    static boolean isMeant(String which) {
        Path folder = Path.of(which).getParent();
        return which.endsWith(SUFFIX) && folder != null && folder.endsWith(FOLDER);
    }

    static String nameOf(String which) {
        String file = String.valueOf(Path.of(which).getFileName());
        return file.substring(0, file.length() - SUFFIX.length());
    }

    Path caseFile() {
        return routes.resolve(FOLDER).resolve(name + ".test.yaml");
    }

    /** Differences from the expectations, a line each; empty if there are none. */
    List<String> play(CaseFile file, Case one) {
        // The other files of the project, without its exports.
        try (DestinationRoute others = DestinationRoute.find(routes, "stdout");
                ScriptedServer server = ScriptedServer.start()) {
            Cases.script(server, one);
            String error = "";
            try (NotificationRoutes own = new NotificationRoutes(settings(others, file, one, server))) {
                own.send(name, notification(Objects.requireNonNullElse(one.notification(), Map.of())));
            } catch (SettingsException e) {
                return e.problems().stream().map(Problem::line).toList();
            } catch (Exception e) {
                error = Failures.describe(e);
            }
            String outcome = error.isEmpty() ? "accepted" : "failed";
            return new Comparison(one.expect(), server.url().toString())
                    .problems(new Delivered(outcome, error, Counts.NONE, List.of(), server.requests(), 0, ""));
        }
    }

    private Settings settings(DestinationRoute others, CaseFile file, Case one, ScriptedServer server)
            throws SettingsException {
        Path folder = others.newFolder();
        Map<String, String> all = new TreeMap<>(Map.of(
                "destination.type",
                others.name(),
                "lake.root",
                "file:" + folder,
                "query.tenant-id",
                "acme",
                "query.dataset-id",
                "syslog",
                "query.sql",
                "SELECT * FROM events",
                "notifications.type",
                name));
        all.putAll(file.settings());
        all.putAll(one.settings());
        all.replaceAll((setting, value) -> Cases.expand(value, server));
        return Settings.load(
                new Settings.Sources(Mode.BATCH, all, Map.of(), null, folder, RouteFiles.in(others.routes())));
    }

    private static Notification notification(Map<String, String> given) {
        String feed = given.get("feed");
        return new Notification(
                feed != null
                        ? Notification.Subject.of("feed", feed)
                        : Notification.Subject.of(new Lane(
                                given.getOrDefault("export", "syslog"), given.getOrDefault("destination", "siem"))),
                given.getOrDefault("condition", "failing"),
                given.getOrDefault("state", "begun").equals("over"),
                Instant.parse(given.getOrDefault("since", "2026-11-20T00:00:00Z")),
                given.getOrDefault("text", ""));
    }
}
