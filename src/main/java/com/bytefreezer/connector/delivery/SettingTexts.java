package com.bytefreezer.connector.delivery;

import com.bytefreezer.connector.config.Settings;
import java.util.Optional;
import org.apache.camel.main.Main;
import org.apache.camel.spi.PropertiesFunction;
import org.jspecify.annotations.Nullable;

/**
 * Hands a setting over as it is: {@code {{text:destination.splunk.source}}}, as a whole property of a bean or parameter of
 * an endpoint. Camel pastes the value of any other placeholder into text that it then evaluates; of this one it is given
 * the name of a bean, whose text it never reads. So no value is an option, a reference or a placeholder, and none stands
 * in an endpoint's URI.
 */
public final class SettingTexts implements PropertiesFunction {
    private final Settings settings;

    private SettingTexts(Settings settings) {
        this.settings = settings;
    }

    /** What Camel looks up. No String, since Camel evaluates those; it converts this one to what the property takes. */
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

    /** What stands for a setting, with a colon and its default after its name if it has one. */
    @Override
    public @Nullable String apply(String remainder) {
        String[] parts = remainder.split(":", 2);
        Optional<String> reference = settings.optional(parts[0]).map(value -> "#bean:" + parts[0]);
        return reference.orElse(parts.length < 2 ? null : parts[1]);
    }
}
