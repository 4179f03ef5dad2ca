package com.bytefreezer.connector.kit;

import java.io.File;
import java.lang.management.ManagementFactory;
import java.net.URI;
import java.net.URLClassLoader;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/**
 * How a connector is started in a process of its own.
 *
 * @param main the class whose {@code main} starts it
 * @param classPath absolute
 * @param options of Java, such as an archive of classes
 */
public record Program(Class<?> main, List<Path> classPath, List<String> options) {
    private static final String CLASS_ARCHIVE = "-XX:SharedArchiveFile=";

    /** Like this process. */
    public static Program ofThisProcess(Class<?> main) {
        return new Program(main, ownClassPath(), ownClassArchive());
    }

    /** The option with the archive of classes that this process has, if any: so the other starts as quickly. */
    private static List<String> ownClassArchive() {
        return ManagementFactory.getRuntimeMXBean().getInputArguments().stream()
                .filter(argument -> argument.startsWith(CLASS_ARCHIVE))
                .map(argument -> CLASS_ARCHIVE
                        + Path.of(argument.substring(CLASS_ARCHIVE.length())).toAbsolutePath())
                .toList();
    }

    /** The class path of this process, even if Maven runs it in its own class loader. */
    private static List<Path> ownClassPath() {
        if (Program.class.getClassLoader() instanceof URLClassLoader loader) {
            return Stream.of(loader.getURLs())
                    .map(url -> Path.of(URI.create(url.toString())))
                    .toList();
        }
        return Stream.of(System.getProperty("java.class.path").split(File.pathSeparator))
                .map(entry -> Path.of(entry).toAbsolutePath())
                .toList();
    }
}
