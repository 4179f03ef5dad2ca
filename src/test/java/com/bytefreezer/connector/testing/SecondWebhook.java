package com.bytefreezer.connector.testing;

import com.bytefreezer.connector.delivery.Routes;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;

/** A second destination like the webhook, named {@code second}, with settings of its own. */
public final class SecondWebhook {
    private SecondWebhook() {}

    /** Copies the project's routes and adds it. */
    public static Path addTo(Path routes) throws IOException {
        Routes.copyTo(routes);
        var webhook = Files.readString(routes.resolve("destinations/webhook.camel.yaml"));
        Files.writeString(routes.resolve("destinations/second.camel.yaml"), webhook.replace("webhook", "second"));
        return routes;
    }

    public static Map<String, String> settings(WebhookServer webhook, WebhookServer second) {
        return Map.of(
                "destination.webhook.url",
                webhook.url().toString(),
                "destination.webhook.format",
                "ndjson",
                "destination.second.url",
                second.url().toString(),
                "destination.second.format",
                "ndjson");
    }
}
