package com.bytefreezer.connector.api.send;

import com.bytefreezer.connector.api.send.Targets.Target;
import com.bytefreezer.connector.app.Scratch;
import com.bytefreezer.connector.config.DatasetChoice;
import com.bytefreezer.connector.config.Settings;
import com.bytefreezer.connector.config.SettingsException;
import com.bytefreezer.connector.problem.ApiException;
import com.bytefreezer.connector.text.Secrets;
import java.util.Map;
import java.util.TreeMap;

/** The settings for a request of the page. */
final class PageScratch {
    /** The name of a request's export. */
    static final String EXPORT = "default";

    /** Short, because a person waits for it. */
    private static final int MOST_RETRIES = 5;

    private PageScratch() {}

    /** For the requested export. */
    static Scratch ofExport(Settings base, Secrets secrets, Target target, SendRequest request) {
        return of(base, secrets, target, export(base, request));
    }

    /** For its preview: reads one object after the other, so that the first batch is always the same. */
    static Scratch ofPreview(Settings base, Secrets secrets, Target target, SendRequest request) {
        Map<String, String> own = export(base, request);
        own.put("export.parallel-objects", "1");
        own.put("delivery.max-in-flight", "1");
        return of(base, secrets, target, own);
    }

    private static Map<String, String> export(Settings base, SendRequest request) {
        int retries = base.integer("delivery.max-retries");
        Map<String, String> own = new TreeMap<>();
        own.put("query.tenant-id", DatasetChoice.escaped(request.tenant()));
        own.put("query.dataset-id", DatasetChoice.escaped(request.dataset()));
        own.put("query.sql", request.sql());
        own.put("query.from", String.valueOf(request.from()));
        own.put("query.to", String.valueOf(request.to()));
        own.put("delivery.max-retries", String.valueOf(retries < 0 ? MOST_RETRIES : Math.min(retries, MOST_RETRIES)));
        if (request.batchSize() != null) {
            own.put("schedule.batch-size", String.valueOf(request.batchSize()));
        }
        return own;
    }

    /** For a single delivery, without an export. */
    static Scratch ofDelivery(Settings base, Secrets secrets, Target target) {
        return of(
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

    private static Scratch of(Settings base, Secrets secrets, Target target, Map<String, String> own) {
        Map<String, String> all = new TreeMap<>(target.overrides());
        all.put("destination.type", target.type());
        all.put("query.sync", "auto");
        all.putAll(own);
        try {
            return Scratch.ofOneExport(
                    base,
                    secrets,
                    EXPORT,
                    all,
                    target.destination().settings().stream()
                            .filter(setting -> setting.isSecret())
                            .map(setting -> setting.name())
                            .toList());
        } catch (SettingsException e) {
            throw refusal(e);
        }
    }

    /** The problems of a request's settings, in one line. */
    private static ApiException refusal(SettingsException e) {
        return ApiException.wrong(e.saying(""));
    }
}
