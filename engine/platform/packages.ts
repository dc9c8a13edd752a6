/** How to install Mesa's Vulkan drivers, which do without a GPU. */
export const mesaPackage = "apt or dnf install mesa-vulkan-drivers";
