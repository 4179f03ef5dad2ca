package com.bytefreezer.connector.config;

import com.bytefreezer.connector.text.Secrets;
import java.util.List;

/**
 * What the route file of a destination says of it in the comment at its head.
 *
 * @param name of the file, and in the setting {@code destination.type}
 * @param description one or two sentences; empty when the file says nothing
 * @param guarantee how often a record arrives, after {@code # Guarantee:}; empty when the file says nothing
 */
public record Destination(String name, String description, String guarantee, List<Setting> settings) {
    /**
     * One setting of a destination.
     *
     * @param name in full: {@code destination.webhook.url}
     * @param byDefault empty for none
     */
    public record Setting(String name, String byDefault, boolean required, String description) {
        /** Its name within the destination: {@code url}. */
        public String shortName() {
            return name.replaceFirst("^destination\\.[^.]+\\.", "");
        }

        /** Whether its value must not be shown: by its name, or since the description calls it a secret. */
        public boolean isSecret() {
            return Secrets.isSecret(name) || description.matches("(?i).*\\bsecret\\b.*");
        }
    }
}
