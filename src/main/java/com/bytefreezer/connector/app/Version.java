package com.bytefreezer.connector.app;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Objects;
import java.util.Properties;
import picocli.CommandLine;

/** The version, for {@code --version}, metrics and reports. */
public final class Version implements CommandLine.IVersionProvider {
    /** The version alone, such as 1.2.3. */
    static String number() {
        return properties().getProperty("version");
    }

    @Override
    public String[] getVersion() {
        Properties properties = properties();
        return new String[] {
            "bytefreezer-connector %s (built %s)"
                    .formatted(properties.getProperty("version"), properties.getProperty("built"))
        };
    }

    private static Properties properties() {
        Properties properties = new Properties();
        try (InputStream resource = Version.class.getResourceAsStream("/version.properties")) {
            properties.load(Objects.requireNonNull(resource, "version.properties"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return properties;
    }
}
