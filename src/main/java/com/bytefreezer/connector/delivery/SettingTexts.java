package com.bytefreezer.connector.delivery;

import com.bytefreezer.connector.config.Settings;
import java.util.Optional;
import org.apache.camel.main.Main;
import org.apache.camel.spi.PropertiesFunction;
import org.jspecify.annotations.Nullable;

/**
 * Passes a setting unchanged: {@code {{text:destination.splunk.source}}}, as a whole property of a bean or parameter of
 * an endpoint. Camel inserts the value of any other placeholder into text and evaluates that; of this one it gets the
 * name of a bean and never reads the bean's text. So no value acts as an option, a reference or a placeholder, and none
 * is in an endpoint's URI.
 */
public final class SettingTexts implements PropertiesFunction {
    private final Settings settings;

    private SettingTexts(Settings settings) {
        this.settings = settings;
    }

    /**
     * The bean that Camel finds. Not a String, because Camel evaluates strings; Camel converts it to the type of the
     * property.
     */
    private record Text(String value) {
        @Override
        public String toString() {
            return value;
        }
    }

    /** Binds every setting by its name. */
    public static SettingTexts of(Settings settings, Main camel) {
        settings.asMap().forEach((name, value) -> camel.bind(name, new Text(value)));
        return new SettingTexts(settings);
    }

    @Override
    public String getName() {
        return "text";
    }

    /** The placeholder of a setting: its name, and a colon and its default if it has one. */
    @Override
    public @Nullable String apply(String remainder) {
        String[] parts = remainder.split(":", 2);
        Optional<String> reference = settings.optional(parts[0]).map(value -> "#bean:" + parts[0]);
        return reference.orElse(parts.length < 2 ? null : parts[1]);
    }
}
