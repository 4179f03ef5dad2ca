package com.bytefreezer.connector.cage;

import java.io.File;
import java.net.MalformedURLException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Path;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** The main class of a cell's process. It reads everything it needs from standard input. */
final class CellMain {
    private CellMain() {}

    /**
     * Works until its standard input ends.
     *
     * @param arguments the folder to remove when the parent has ended
     */
    public static void main(String[] arguments) throws Exception {
        Locale.setDefault(Locale.ROOT);
        ClassLoader loader = loader();
        Thread.currentThread().setContextClassLoader(loader);
        loader.loadClass("com.bytefreezer.connector.cage.Inmate")
                .getMethod("work", Path.class)
                .invoke(null, Path.of(arguments[0]));
    }

    /** Hides what DuckDB's driver uses if it finds it, and what costs each cell time. */
    private static ClassLoader loader() throws MalformedURLException {
        boolean hasLibrary = !System.getProperty("java.library.path", "").isEmpty();
        String[] paths = System.getProperty("java.class.path").split(File.pathSeparator);
        URL[] urls = new URL[paths.length];
        for (int i = 0; i < paths.length; i++) {
            urls[i] = Path.of(paths[i]).toUri().toURL();
        }
        return new URLClassLoader(urls, ClassLoader.getPlatformClassLoader()) {
            /** The library in the driver's jar, if java.library.path has it: the driver would unpack 60 MB. */
            @Override
            public @Nullable URL getResource(String name) {
                return hasLibrary && name.startsWith("libduckdb_java") ? null : super.getResource(name);
            }

            /** Java's flight recorder, to which the driver would report its memory. */
            @Override
            protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
                if (name.startsWith("jdk.jfr.")) {
                    throw new ClassNotFoundException(name);
                }
                return super.loadClass(name, resolve);
            }
        };
    }
}
