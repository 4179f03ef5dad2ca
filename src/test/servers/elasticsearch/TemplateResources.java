package org.elasticsearch.xpack.core.template.resources;

import java.io.IOException;
import java.nio.charset.StandardCharsets;

/** Stands in for the templates of x-pack, which are not published for this version: none is there. */
public class TemplateResources {
    private TemplateResources() {}

    public static String load(String name) throws IOException {
        try (var resource = TemplateResources.class.getResourceAsStream(name)) {
            if (resource == null) {
                throw new IOException("Resource [" + name + "] not found in classpath.");
            }
            return new String(resource.readAllBytes(), StandardCharsets.UTF_8);
        }
    }
}
