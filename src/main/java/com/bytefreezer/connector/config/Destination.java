package com.bytefreezer.connector.config;

import com.bytefreezer.connector.text.Secrets;
import com.bytefreezer.connector.text.Suggestion;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The description of a destination, from the comment at the head of its route file.
 *
 * @param name of the destination in {@code destination.type}: that of its file, or a name that settings give it
 * @param kind the name of its file
 * @param description one or two sentences; empty if the file has none
 * @param guarantee how often a record arrives, after {@code # Guarantee:}; empty if the file has none
 * @param hasCheck whether the file has a route {@code check-<name>} that checks whether the destination can be reached
 */
public record Destination(
        String name,
        String kind,
        String description,
        String guarantee,
        List<Setting> settings,
        boolean hasCheck,
        boolean hasPreview) {
    /** The full name of one of its settings, {@code url} for example. */
    public String setting(String shortName) {
        return (name.equals(kind) ? "destination." : NamedDestinations.PREFIX) + name + "." + shortName;
    }

    /** The settings with the URLs that records go to. */
    public List<Setting> addresses() {
        return settings.stream().filter(Setting::isAddress).toList();
    }

    /**
     * One setting of a destination.
     *
     * @param name in full: {@code destination.webhook.url}
     * @param byDefault empty for none
     * @param marks the words in brackets before the description, such as {@code address}
     */
    public record Setting(String name, String byDefault, boolean required, Set<String> marks, String description) {
        static final String SECRET = "secret";
        static final String ADDRESS = "address";
        static final String ADDRESSES = "addresses";
        static final String HARMLESS = "harmless";
        static final String NAME = "name";
        private static final Pattern WORD = Pattern.compile("\\[([A-Za-z-]+)]\\s.*");

        /** Its name within the destination: {@code url}. */
        public String shortName() {
            return name.replaceFirst("^destinations?\\.[^.]+\\.", "");
        }

        /** A problem with a word in brackets before the description that is not a mark, such as a misspelt one. */
        public Optional<String> unknownMark() {
            Matcher word = WORD.matcher(description);
            return word.matches()
                    ? Optional.of("%s: [%s] is not a mark and has no effect.%s"
                            .formatted(
                                    name,
                                    word.group(1),
                                    Suggestion.of(word.group(1), List.of(SECRET, ADDRESS, ADDRESSES, HARMLESS, NAME))))
                    : Optional.empty();
        }

        /** Whether its value must not be shown: by its mark or its name. */
        public boolean isSecret() {
            return marks.contains(SECRET) || Secrets.isSecret(name);
        }

        /** Whether it is a URL that records go to, or several: by its mark or its name. */
        public boolean isAddress() {
            return marks.contains(ADDRESS)
                    || marks.contains(ADDRESSES)
                    || shortName().equals("url");
        }

        /**
         * Whether no value of it can lead records, or the configured secrets, to another place. Only a mark says so; a
         * password is harmless, because it replaces the configured one.
         */
        public boolean isHarmless() {
            return marks.contains(HARMLESS) || Secrets.isSecret(name);
        }
    }
}
