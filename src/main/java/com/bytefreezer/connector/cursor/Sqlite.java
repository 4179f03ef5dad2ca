package com.bytefreezer.connector.cursor;

import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.Properties;
import org.sqlite.JDBC;

/** Connects to SQLite. Not by {@code DriverManager}, which first loads the drivers of all databases. */
final class Sqlite {
    private static final String LIBRARY = "org.sqlite.lib.path";

    static {
        if (System.getProperty(LIBRARY) == null && Files.isDirectory(library())) {
            System.setProperty(LIBRARY, library().toString());
        }
    }

    private Sqlite() {}

    /** @param address a file, or a URI as SQLite takes it */
    static Connection connect(String address) throws SQLException {
        return JDBC.createConnection("jdbc:sqlite:" + address, new Properties());
    }

    /** Where {@code mvn package} unpacks the library: beside its jar. Otherwise each process unpacks it. */
    private static Path library() {
        String cpu = System.getProperty("os.arch").replace("amd64", "x86_64");
        try {
            return Path.of(JDBC.class
                            .getProtectionDomain()
                            .getCodeSource()
                            .getLocation()
                            .toURI())
                    .resolveSibling(Path.of("org", "sqlite", "native", System.getProperty("os.name"), cpu));
        } catch (URISyntaxException e) {
            throw new IllegalStateException(e);
        }
    }
}
