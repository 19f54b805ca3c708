//! Parts that know the domain.

pub mod access;
pub mod access_links;
pub mod age_chart;
pub mod badges;
pub mod banners;
pub mod columns;
pub mod evidence;
pub mod expiry_chart;
pub mod export_menu;
pub mod facet_panel;
pub mod heat_map;
pub mod interval_bar;
pub mod kpi_tile;
pub mod list_page;
pub mod moment;
pub mod page_head;
pub mod report_menu;
pub mod rows;
pub mod safe_to_act;
pub mod search_box;
pub mod shell;
pub mod snapshot_picker;
pub mod survival_chart;
pub mod tabs;
pub mod text_filter;
pub mod trend;
