/** The data of the lake: its datasets, their description, and queries over them. */
@NullMarked
package com.bytefreezer.connector.api.data;

import org.jspecify.annotations.NullMarked;
